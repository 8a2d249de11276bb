"""Floor 5: the agents that decide (trusts, integrated care boards, NHS England)."""
