"""Floor 5: what is measured (registry of outcomes) and how it is recorded."""
