"""A small made-up England for tests of comparison and presentation; none of its numbers is real."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.outcomes import registry
from aft_sim.study.result import ResultSet, RunResult, ScenarioInfo

TRUSTS = {"RBS": 17_000.0, "RTF": 36_000.0, "RAA": 900_000.0, "RBB": 5_047_000.0}
TREATED = ("RBS", "RTF", "RDY")  # RDY has no waiting list
START = (2026, 6)

MakeStudy = Callable[..., ResultSet]


def months_until(last: str) -> list[str]:
    """Labels from February 2026."""
    labels = [f"{year}-{month:02d}" for year in range(2026, 2037) for month in range(1, 13)][1:]
    return labels[: labels.index(last) + 1]


def england_of(
    arm: str, seed: int, months: list[str], effect: float, noise: float, wobble: float, scale: float
) -> dict[str, pa.Table]:
    """Tables of one run: `effect` points more at every treated trust by March 2029, ramped from June 2026."""
    wave = noise * np.sin(seed * 12.9898 + np.arange(len(months)) * 0.37) + noise * np.cos(seed * 4.1)
    share = 61.5 + np.linspace(0.0, 9.8, len(months)) + wave
    since = np.array([(int(m[:4]) - START[0]) * 12 + int(m[5:]) - START[1] for m in months])
    ramp = np.clip(since / 33.0, 0.0, 1.5)
    jitter = wobble * np.sin(seed * 78.233 + 0.1 * since) * (ramp > 0)
    gain = ramp * effect * (1 + jitter) if arm == "policy" else np.zeros(len(months))
    rows: dict[str, list[dict[str, object]]] = {"england": [], "trust": [], "money": [], "events": []}
    for i, month in enumerate(months):
        total = {q: np.zeros(2) for q in ("all", *registry.QUINTILES)}
        for code, usual in TRUSTS.items():
            size = usual * (scale if code in TREATED else 1.0)
            extra = gain[i] if code in TREATED else 0.0
            for q in registry.QUINTILES:
                people = size * (0.24 - 0.02 * (int(q) - 1))
                below = people * (share[i] + extra + 0.4 * (int(q) - 3)) / 100
                total[q] += (people, below)
                rows["trust"].append(_waits(people, below, month=month, trust=code, quintile=q))
            quints = rows["trust"][-5:]
            people, below = (sum(float(r[c]) for r in quints) for c in ("list", "within_18"))  # type: ignore[arg-type]
            total["all"] += (people, below)
            rows["trust"].append(_waits(people, below, month=month, trust=code, quintile="all"))
            spent = 0.1 if code in TREATED and arm == "policy" and since[i] >= 0 else 0.0
            money = {"pot": 9.0, "drawn": spent, "capital_spend": size / 1e5 + spent, "revenue_spend": 0.0}
            books = {"income": 10.0, "expenditure": 11.0 if code == "RAA" else 9.0, "cash": 5.0}
            books |= {"deficit_support": 0.5 if code == "RAA" else 0.0, "cash_support": 0.0, "exchequer": 9.0 + spent}
            rows["money"].append({"month": month, "trust": code, **money, "envelope": 1.0, "backlog": 5.0, **books})
        for basis, part in (("england", 0.995), ("all", 1.2), ("nhs", 0.99), ("independent", 0.2)):
            for q, (people, below) in total.items():
                if basis == "independent":  # the policy does not reach it
                    below = people * share[i] / 100
                extra_rows = {"median_weeks": 13.0, "p92_weeks": 40.0, "mean_weeks": 17.0, "removed": 1.0}
                extra_rows |= {"category_2_minutes": 30.0}
                extra_rows |= {"qalys_treatment": people / 30, "qalys_waiting": -people / 900, "qalys_prevention": 1.0}
                extra_rows |= {"deaths_avoided": 1.0, "need": 100.0, "avoided": 1.0}
                row = _waits(part * people, part * below, month=month, basis=basis, quintile=q)
                share_now = 100 * below / people
                rows["england"].append(row | extra_rows | {"within_18_share": share_now, "late": 1.0, "returned": 1.0})
    rows["events"].append({"month": "2026-06", "trust": "RBS", "event": "designated", "detail": "", "value": 1})
    return {name: pa.Table.from_pylist(content, schema=registry.LEVELS[name].schema) for name, content in rows.items()}


def _waits(people: float, below: float, **keys: str) -> dict[str, object]:
    counts = {"list": people, "within_18": below, "over_52": 0.02 * (people - below) * 2.5}
    flows = {"over_65": 0.0, "starts": people / 4, "treated_admitted": people / 20}
    urgent = {"emergency_admissions": people / 12, "attendances": people / 3, "within_four_hours": people / 4}
    urgent |= {"beds": people / 50, "occupied_beds": people / 55, "displaced": people / 900}
    return {**keys, **counts, **flows, **urgent, "treated_non_admitted": people / 5}


@pytest.fixture(scope="session")
def make_study() -> MakeStudy:
    """Factory of studies: `make_study(seeds=4, effect=5.0, last="2029-06", noise=0.3, wobble=0.2)`."""

    def make(
        seeds: int = 4,
        effect: float = 5.0,
        last: str = "2029-06",
        noise: float = 0.3,
        wobble: float = 0.2,
        scale: float = 1.0,
        title: str = "Six trusts hold AFT freedoms from June 2026",
    ) -> ResultSet:
        months = months_until(last)
        runs = [
            RunResult(
                scenario=name,
                scenario_hash=f"hash of {name}",
                seed=seed,
                draw=0,
                tables=england_of(name, seed, months, effect, noise, wobble, scale),
                treated=TREATED if name == "policy" else (),
            )
            for name in ("baseline", "policy")
            for seed in range(1, seeds + 1)
        ]
        infos = {
            "baseline": ScenarioInfo("baseline", "No freedoms", "hash of baseline"),
            "policy": ScenarioInfo("policy", title, "hash of policy", {}, date(2026, 6, 1)),
        }
        return ResultSet(tuple(runs), infos)

    return make
