"""The parts of the page 划片: drafts, engine, edits, reasons, comparison."""
