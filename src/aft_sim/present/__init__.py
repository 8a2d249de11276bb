"""Floor 8: results in, something to look at out; never runs the model."""
