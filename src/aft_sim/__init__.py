"""aft-sim: what happens to waiting times, money and inequality when NHS trusts gain more freedom."""

__version__ = "0.1.0"
