"""Floor 3: how the world works, as pure functions on arrays."""
