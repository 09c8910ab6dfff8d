"""MediConfusion: pairs of images that a medical encoder cannot tell apart."""
