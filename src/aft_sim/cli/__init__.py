"""Floor 9: the command line (parse, call, print, exit code)."""


def main() -> None:
    """Entry point of the `aft-sim` command."""
    from aft_sim.cli.app import app

    app()
