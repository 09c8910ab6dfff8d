"""Made images with exact labels as a data set: questions, golds, confusable pairs."""
