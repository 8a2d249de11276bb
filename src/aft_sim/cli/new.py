"""`aft-sim new`: a scenario file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aft_sim.cli import terminal

EPILOG = (
    "Examples:\n\naft-sim new my-idea\n\naft-sim new my-idea --extends aft-wide --out ideas\n\n"
    "aft-sim new both --extends aft-wide --extends ideas/my-idea.toml"
)


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("new", help=terminal.help_text(new), epilog=EPILOG)(new)


def new(
    name: Annotated[str, typer.Argument(help="Name of the scenario: lower-case letters, digits and hyphens.")],
    extends: Annotated[
        list[str] | None,
        typer.Option("--extends", metavar="BASE", help="Name or path it starts from; may be repeated."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write NAME.toml to.")] = Path(),
    later_wins: Annotated[
        bool, typer.Option("--later-wins", help="Where two of several bases set the same, the later one holds.")
    ] = False,
) -> None:
    """Write a commented scenario file that changes nothing yet: every lever with what it does and may be set to.

    Several --extends put scenarios together. Where two of them set the same thing differently, either --later-wins
    states the order, or it is a mistake.
    """
    from aft_sim.basis.errors import InputError, InputErrors
    from aft_sim.spec.scenario import compose, load_scenario, shipped_scenarios
    from aft_sim.spec.write import new_text, write_new

    if name in shipped_scenarios():
        hint = "Files beside it would extend it in place of the shipped one."
        raise InputError("a shipped scenario has this name", found=name, expected="another name", hint=hint)

    bases = extends or ["baseline"]
    loaded = [load_scenario(base) for base in bases]
    try:
        base = loaded[0] if len(loaded) == 1 else compose("extends", loaded, order_stated=later_wins)
    except InputErrors as error:
        raise InputError(str(error), hint="With --later-wins the file states the order of --extends.") from None
    if later_wins and len(bases) < 2:
        raise typer.BadParameter("--later-wins needs several --extends")
    text = new_text(name, [_from(base, out) for base in bases], base, ordered=later_wins)
    path = write_new(out / f"{name}.toml", text)
    terminal.say_path(f"Wrote {path}, which extends {' and '.join(bases)} and changes nothing yet.")
    terminal.say_path(f"Edit it, then: aft-sim check {path}")


def _from(base: str, folder: Path) -> str:
    """How a file in `folder` names a base that was named from the working folder."""
    import os

    from aft_sim.spec.scenario import shipped_scenarios

    if base in shipped_scenarios():
        return base
    return Path(os.path.relpath(Path(base).expanduser(), folder)).as_posix()
