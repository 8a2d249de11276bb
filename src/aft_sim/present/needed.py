"""The answer to the inverse question: sentences and a table of everything that was run."""

from __future__ import annotations

from rich.table import Table

from aft_sim.present import style
from aft_sim.present.titled import titled_table
from aft_sim.study.inverse import Finding, Point, Search
from aft_sim.study.need import Question

UNIT = "points"
#: Gains are small beside what is asked for: three decimals, so that a reader sees which amount reaches it.
PLACES = 3


def sentences(question: Question, found: Search) -> list[str]:
    """What was found, in words; nothing beyond what was run."""
    knob = question.knob
    month = style.month_name(question.at)
    aim = f"{question.gain:g} points more of England's list within 18 weeks by {month}"
    against = f"{question.policy.name} against {question.base.name}"
    first = found.points[0]
    if found.finding is Finding.ALREADY:
        lines = [
            f"Already reached: {against} gains {_gain(first)} with {knob.amount(first.x)}, and {aim} was asked for."
        ]
    elif found.finding is Finding.OUT_OF_REACH:
        lines = [*_out_of_reach(question, found, aim, against), knob.scale(found.most)]
    else:
        assert found.answer is not None
        assert found.below is not None
        lines = [
            f"{aim} would take {knob.amount(found.answer.x)}: {against} then gains {_gain(found.answer)}; "
            f"{knob.amount(found.below.x)} falls short, with {_gain(found.below)}.",
            _interval(question, found),
            knob.scale(found.answer.x),
        ]
        if knob.start == first.x:
            lines.append(f"As the policy stands ({knob.amount(first.x)}) it gains {_gain(first)}.")
    band = first.effect.band
    if question.gain <= band:
        lines.append(f"A gain of {question.gain:g} points is practically zero itself: the band is ±{band:g} points.")
    if not found.rises:
        lines.append("More did not always gain more here, so a smaller amount might reach it too: see the table.")
    return [*lines, knob.rule]


def _out_of_reach(question: Question, found: Search, aim: str, against: str) -> list[str]:
    top, best = found.points[-1], found.best
    text = f"Not reachable: {aim}. Even with {question.knob.amount(top.x)}, {against} gains {_gain(top)}"
    ceiling = top.ceiling
    if ceiling is not None:
        size = style.quantity(ceiling, UNIT, True)
        if ceiling < question.gain:
            text += f", because the ceiling is {size}: so much if every treated trust met 92% at once"
        else:
            text += f". The ceiling is not what stops it ({size} if every treated trust met 92% at once)"
    lines = [f"{text}."]
    if top.happened:
        lines.append(top.happened)
    if not top.certainly_below(question.gain):
        lines.append("The interval holds the gain asked for, so more seeds might tell another story.")
    if best is not top:
        lines.append(f"The most that was gained: {_gain(best)}, with {question.knob.amount(best.x)}.")
    if top.effect.exactly_zero:
        lines.append("It changes nothing at all, in no pair.")
    return lines


def _interval(question: Question, found: Search) -> str:
    knob, (low, high) = question.knob, found.interval
    below = "no amount tried surely falls short" if low is None else f"{knob.amount(low)} surely falls short"
    above = "no amount tried is surely enough" if high is None else f"{knob.amount(high)} is surely enough"
    pairs = found.points[0].effect.n_pairs
    return f"How sure that is, over {pairs} pairs: {below}; {above} (surely: with the whole 95% interval)."


def _gain(point: Point) -> str:
    bounds = "" if point.effect.interval is None else f" ({_ends(point)})"
    return f"{style.number(point.gain, UNIT, True, PLACES)} {UNIT}{bounds}"


def _ends(point: Point) -> str:
    if point.effect.interval is None:
        return "none"
    low, high = (style.number(end, UNIT, True, PLACES) for end in point.effect.interval)
    return f"{low} to {high}"


def points_table(question: Question, found: Search) -> Table:
    """Every amount that was run, with its gain."""
    table = titled_table(
        f"Amounts that were run, gain in {UNIT}",
        f"Means over {found.points[0].effect.n_pairs} pairs of runs, the same seeds for every amount; 95% "
        "interval of the mean paired difference. Ceiling: what would change if every treated trust met 92% at once.",
    )
    table.add_column("Amount")
    for name in ("Gain", "95% interval", "Ceiling"):
        table.add_column(name, justify="right")
    table.add_column("Reaches it")
    for one in found.points:
        reached = one.gain >= found.target
        sure = one.certainly_reaches(found.target) or one.certainly_below(found.target)
        table.add_row(
            question.knob.amount(one.x),
            style.number(one.gain, UNIT, True, PLACES),
            "exactly 0" if one.effect.exactly_zero else _ends(one),
            "–" if one.ceiling is None else style.number(one.ceiling, UNIT, signed=True),
            f"{'yes' if reached else 'no'}{'' if sure else ', but not surely'}",
        )
    return table
