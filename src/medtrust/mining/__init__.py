"""Confusable pairs: images that one encoder takes for alike and another does not."""
