"""The command `aft-sim` and its verbs, and how mistakes end: one clear message and an exit code.

Nothing heavy is imported here: each verb imports what it needs when it runs.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from aft_sim.basis.errors import AftSimError, CheckFailed
from aft_sim.cli import (
    baseline,
    batch,
    catalogue,
    check,
    compare,
    demo,
    diff,
    evidence,
    explain,
    need,
    new,
    plot,
    power,
    query,
    run,
    show,
)
from aft_sim.cli.terminal import CHECK_FAILED, USER_ERROR, complain

HELP = """
What happens to waiting times, money and inequality in England when NHS trusts gain more freedom: an open
agent-based simulation.

Exit codes: 0 fine, 1 a check failed, 2 a mistake in what was asked, 3 some runs failed, 130 stopped.
"""
START = (
    "Start here:  aft-sim demo\n\n"
    "Then:        aft-sim list\n\n"
    "             aft-sim show aft-wide\n\n"
    "             aft-sim compare aft-wide --vs no-aft\n\n"
    "Scenarios are names from `aft-sim list` or paths to your own .toml files."
)


class Verbs(TyperGroup):
    """Turns errors raised on purpose into one message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("Stopped. Runs that were already stored are kept; the same command goes on from there.")
            raise typer.Exit(130) from None
        except CheckFailed as error:
            complain(f"Check failed: {error}")
            raise typer.Exit(CHECK_FAILED) from None
        except AftSimError as error:
            complain(f"Error: {error}")
            raise typer.Exit(USER_ERROR) from None
        except BrokenPipeError:
            raise
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            complain(f"Error: {error.strerror or error}{place}. Check the path, your permissions and the space left.")
            raise typer.Exit(USER_ERROR) from None


app = typer.Typer(
    cls=Verbs,
    help=HELP,
    epilog=START,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(asked: bool) -> None:
    if asked:
        import aft_sim

        typer.echo(f"aft-sim {aft_sim.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    pass


demo.register(app)
catalogue.register(app)
show.register(app)
new.register(app)
check.register(app)
diff.register(app)
run.register(app)
compare.register(app)
explain.register(app)
need.register(app)
power.register(app)
batch.register(app)
query.register(app)
plot.register(app)
evidence.register(app)
baseline.register(app)
