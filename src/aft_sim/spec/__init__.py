"""Floor 1: what a user writes (scenario files, typed levers, the parameter register)."""
