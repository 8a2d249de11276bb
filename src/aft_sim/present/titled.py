"""The form of every table of the terminal: a title above, notes below, no borders."""

from __future__ import annotations

from rich import box
from rich.table import Table


def titled_table(title: str, caption: str) -> Table:
    """A table without borders, with a title above and notes below."""
    table = Table(title=title, caption=caption, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.title_justify = table.caption_justify = "left"
    return table
