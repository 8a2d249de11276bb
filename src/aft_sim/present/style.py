"""How numbers, months and charts look: one palette, one way to write a number.

Data colours are the Government Analysis Function's palette in its order (each at least 3:1 against white,
told apart under simulated colour blindness); colour is never the only mark: every series has a direct
label and its own line style.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import numpy as np

DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE = "#12436D", "#28A197", "#801650", "#F46A25"
PALETTE: tuple[str, ...] = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE)
"""Data colours, at most these four in one chart."""
TURQUOISE_TEXT, ORANGE_TEXT = "#17645D", "#B8430A"
"""Turquoise and orange darkened to 4.5:1, for text."""

TEXT, SECONDARY, GRID, SHADE, GREY = "#212B32", "#425563", "#D8DDE0", "#E8EDEE", "#8A9299"
"""Text, secondary text, gridlines, shaded regions, what is not told apart (greys carry no data of their own)."""

RC: Mapping[str, Any] = MappingProxyType(
    {
        "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same layout on every machine
        "font.size": 9.5,
        "text.color": TEXT,
        "axes.edgecolor": SECONDARY,
        "axes.labelcolor": TEXT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": 0.8,
        "xtick.color": SECONDARY,
        "ytick.color": SECONDARY,
        "xtick.labelcolor": TEXT,
        "ytick.labelcolor": TEXT,
        "ytick.major.size": 0,
        "text.usetex": False,
        "figure.facecolor": "white",
        "axes.facecolor": "white",
        "svg.hashsalt": "aft-sim",
        "svg.fonttype": "path",
    }
)
"""Matplotlib settings used while a chart is drawn and saved, whatever the user's own are."""

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


WIDTH_OF_A_HEAD = 12
"""Letters in the head of a column of numbers, above which a name is broken."""


def month_name(label: str, short: bool = False) -> str:
    """ "2029-03" as "March 2029", or short as "Mar 2029"."""
    year, month = label.split("-")
    return f"{short_month(int(month)) if short else _MONTHS[int(month) - 1]} {year}"


def short_month(number: int) -> str:
    """The third month as "Mar"."""
    return _MONTHS[number - 1][:3]


def day_name(day: date) -> str:
    """A date as "1 June 2026"."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def decimals(x: float, unit: str) -> int:
    """Decimals a number of this size and unit is written with."""
    size = abs(x)
    if unit in ("pathways", "people", "admissions", "attendances", "beds", "QALYs", "deaths"):
        return 0 if size >= 10 or size == 0 else 1 if size >= 1 else 2
    if unit == "schemes":
        return 0
    if unit == "GBP million" and size >= 100:
        return 1
    return 3 if 0 < size < 0.01 else 2


def number(x: float | None, unit: str, signed: bool = False, places: int | None = None) -> str:
    """A number for readers: thousands commas, a real minus sign, never scientific notation.

    Points and weeks have two decimals (three below 0.01), pathways and other counts none (some below 10).

    Args:
        x: the number; None and NaN give "not known", infinities "unlimited".
        unit: its unit, which decides the decimals and is not printed.
        signed: whether positive numbers get a plus sign.
        places: decimals, None for the number's own.
    """
    if x is None or math.isnan(x):
        return "not known"
    if math.isinf(x):
        return "unlimited"
    text = f"{abs(x):,.{decimals(x, unit) if places is None else places}f}"
    if float(text.replace(",", "")) == 0.0:
        return text
    return ("−" if x < 0 else "+" if signed else "") + text


def interval(bounds: tuple[float, float] | None, unit: str) -> str:
    """An interval as "−0.02 to +0.12", both ends with the same decimals; "none" where there is none."""
    if bounds is None:
        return "none"
    places = max(decimals(bound, unit) for bound in bounds)
    low, high = (number(bound, unit, True, places) for bound in bounds)
    return f"{low} to {high}"


def quantity(x: float | None, unit: str, signed: bool = False) -> str:
    """A number with its unit: "+0.12 points", "62.10%", "GBP 1,234.5 million"."""
    text = number(x, unit, signed)
    if text == "not known":
        return text
    if unit == "%":
        return f"{text}%"
    if unit == "GBP million":
        return f"GBP {text} million"
    return f"{text} {unit}"


def folded(name: str) -> str:
    """A scenario's name as the head of a column: over several lines, broken at its hyphens, where it is long."""
    return textwrap.fill(name, WIDTH_OF_A_HEAD)


def plain(x: float | None) -> str:
    """A number for CSV files: every digit, a hyphen for minus, no exponent; empty if unknown."""
    if x is None or math.isnan(x):
        return ""
    if math.isinf(x):
        return "inf" if x > 0 else "-inf"
    return np.format_float_positional(x, trim="-")


def contrast(colour: tuple[float, float, float]) -> float:
    """WCAG contrast ratio of an sRGB colour (0 to 1 each) against white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 1.05 / (luminance + 0.05)
