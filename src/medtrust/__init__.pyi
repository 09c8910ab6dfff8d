from medtrust.tuning.policy import EscalationPolicy as EscalationPolicy

__version__: str
