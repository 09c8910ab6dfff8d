"""Small real parts that tests put into the house: a model that follows rules, plain tasks."""
