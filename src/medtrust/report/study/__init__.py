"""Many runs side by side: does uncertainty work, for which models, by whose doing."""
