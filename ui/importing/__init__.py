"""The import in parts: what came in, its tables, what is said about one of them, rows to mend, the start."""
