"""One command per file; ``flows.cli`` lists them. Heavy imports stand inside the functions."""
