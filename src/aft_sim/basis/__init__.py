"""Floor 0: no knowledge of the NHS (errors, calendar, units, keyed random numbers)."""
