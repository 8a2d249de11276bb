"""Floor 3: the rules of the policy instruments, as pure functions."""
