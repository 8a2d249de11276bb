"""Options that several verbs have in common, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    str,
    typer.Argument(
        metavar="POLICY|FOLDER",
        help="Scenario with the policy (a name or a .toml file), or the folder of a stored study to read.",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder to store the runs in; runs already there are kept.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]
Baseline = Annotated[
    Path | None, typer.Option(help="Another baseline: a folder written by aft-sim baseline build or update.")
]
Csv = Annotated[Path | None, typer.Option(help="Also write the numbers as CSV, with a codebook.")]
Chart = Annotated[Path | None, typer.Option(help="Also draw it (PNG, SVG, CSV, alternative text).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
