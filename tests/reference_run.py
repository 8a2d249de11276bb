"""Key figures of half a year of the baseline, to compare installations: `python tests/reference_run.py FIGURES.json`.

The same scenario, seed and weeks must give the same figures on every supported Python. `.ci/run` writes the file with
one Python and names it in the environment variable AFT_SIM_REFERENCE when it runs the tests with another;
`tests/validation/test_across_pythons.py` compares.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path

SEED = 1
#: The month that holds it closes on 2 August: the freedoms of June and the draws they bring lie inside the run.
LAST_DAY = date(2026, 7, 31)
WEEKS = 26


def england() -> dict[str, float]:
    """Run the baseline and return its figures by name, all in double precision.

    England by month, basis and quintile; the last week's state by trust (money) and by group (people); the events.
    """
    from aft_sim.baseline import bind, bundle
    from aft_sim.basis.calendar import Calendar
    from aft_sim.model import TrustAutonomyModel
    from aft_sim.spec.scenario import load_scenario

    calendar = Calendar(end=LAST_DAY)
    model = TrustAutonomyModel(bind.bind(load_scenario("baseline"), bundle.load(), calendar), SEED)
    tables = model.run()
    figures: dict[str, float] = {"weeks": float(calendar.n_weeks)}
    for row in tables["england"].to_pylist():
        key = f"{row.pop('month')} {row.pop('basis')} {row.pop('quintile')}"
        figures |= {f"{key} {name}": float(value) for name, value in row.items()}
    world = model.world
    for i, code in enumerate(world.bundle.trusts.code):
        figures |= {f"{code} {name}": float(getattr(world.money, name)[i]) for name in ("pot", "backlog")}
        figures[f"{code} cash"] = float(world.cash[i])
    figures |= {f"group {q} waiting": float(people) for q, people in enumerate(world.stock.sum(axis=0))}
    events = tables["events"].to_pylist()
    for i, event in enumerate(events):
        figures[f"event {i}: {event['month']} {event['trust']} {event['event']}, {event['detail']}"] = 1.0
    return figures


def main(target: str) -> None:
    """Write the figures with all their digits."""
    versions = {"python": sys.version.split()[0]}
    text = json.dumps({"versions": versions, "figures": england()}, indent=0)
    Path(target).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tests/reference_run.py FIGURES.json")
    main(sys.argv[1])
