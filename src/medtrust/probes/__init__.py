"""How a sample becomes requests: wording, option order, what is done to the image."""
