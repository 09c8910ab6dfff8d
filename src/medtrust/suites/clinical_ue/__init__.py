"""Clinical questions under uncertainty: does it say when to call a clinician?"""
