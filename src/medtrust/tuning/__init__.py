"""What to do with a run: when to escalate to a clinician."""
