"""The published systems, each a package of tasks; and tasks for people's own folders."""
