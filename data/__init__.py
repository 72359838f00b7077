"""Demo project, rule packs and yields: data only, no engine code."""
