"""Real servers on this machine that behave as a test tells them to."""
