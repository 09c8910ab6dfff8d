"""The command line: parse, call `medtrust.run`, print."""
