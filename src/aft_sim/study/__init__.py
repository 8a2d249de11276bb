"""Floor 7: many runs and what they mean (runner, result store, paired comparison)."""
