"""Floor 2: England as it is (packaged tables, the builder that derives them, binding to a scenario)."""
