"""Outcomes that say how unequal another outcome is: between deprivation fifths, within, between and over trusts.

Each is computed from the columns of the outcome it is about, by fifth or by trust and fifth: runs record nothing for
it. The formulae are those of `mechanisms.inequality`; docs/inequality.md explains them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from aft_sim.mechanisms import inequality

if TYPE_CHECKING:
    from aft_sim.outcomes.registry import Outcome

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measure:
    """A way to say how unequal an outcome is.

    Attributes:
        name: ending of the outcome's name, as in `over_52_share_sii`.
        label: what precedes the outcome's label.
        absolute: whether it has the unit of a difference of the outcome, else it has none.
        equal: its value where there is no inequality.
        over: "fifths" from (fifth, month) arrays of level and people; "gap" from (trust, fifth, month) arrays;
            "trusts" from (trust, month) arrays.
        definition: what follows "of" the outcome's label in a codebook.
        compute: the formula.
    """

    name: str
    label: str
    absolute: bool
    equal: float
    over: Literal["fifths", "gap", "trusts"]
    definition: str
    compute: Callable[[Floats, Floats], Floats]


_ALL = (
    Measure("gap", "gap in", True, 0.0, "fifths", "most less least deprived fifth", inequality.gap),
    Measure("ratio", "ratio of", False, 1.0, "fifths", "most over least deprived fifth", inequality.ratio),
    Measure(
        "sii",
        "slope index of",
        True,
        0.0,
        "fifths",
        "slope index of inequality: most less least deprived end of the line through all fifths, by people",
        inequality.slope_index,
    ),
    Measure(
        "rii",
        "relative index of",
        False,
        0.0,
        "fifths",
        "relative index of inequality: the slope index over the mean",
        inequality.relative_index,
    ),
    Measure(
        "concentration",
        "concentration index of",
        False,
        0.0,
        "fifths",
        "concentration index: -1 to 1, negative where the most deprived have more than their share",
        inequality.concentration_index,
    ),
    Measure(
        "gap_within",
        "gap within trusts in",
        True,
        0.0,
        "gap",
        "part of the gap (most less least deprived fifth) from differences inside trusts",
        lambda levels, people: inequality.decompose(levels, people).within,
    ),
    Measure(
        "gap_between",
        "gap between trusts in",
        True,
        0.0,
        "gap",
        "part of the gap (most less least deprived fifth) from the fifths being treated at different trusts",
        lambda levels, people: inequality.decompose(levels, people).between,
    ),
    Measure(
        "gini",
        "inequality over trusts (Gini) of",
        False,
        0.0,
        "trusts",
        "Gini coefficient over NHS trusts, each counted by its people: 0 where all are alike, at most 1",
        inequality.gini,
    ),
)
MEASURES: Mapping[str, Measure] = MappingProxyType({measure.name: measure for measure in _ALL})
"""All measures by name."""


def measures_of(base: Outcome) -> Iterator[Outcome]:
    """Yield the outcomes that say how unequal an outcome is, as far as its tables tell.

    Args:
        base: an outcome that is a ratio of two additive columns and recorded by deprivation fifth.
    """
    by_trust = "trust" in base.levels
    for measure in _ALL:
        if measure.over != "fifths" and not by_trust:
            continue
        levels = tuple(level for level in base.levels if level != "region")  # regions are not divided by fifth
        yield replace(
            base,
            name=f"{base.name}_{measure.name}",
            label=f"{measure.label} {'the ' if base.label.startswith('share') else ''}{base.label}",
            unit=base.effect_unit if measure.absolute else "index",
            effect_unit=base.effect_unit if measure.absolute else "index",
            better="neither",
            levels=levels if measure.over == "fifths" else ("trust",),
            definition=f"{measure.definition}; of: {base.definition}",
            of=base.name,
            measure=measure.name,
        )


def inequality_of(
    measure: str, base: Outcome, parts: Sequence[Mapping[str, Floats]] | Sequence[Sequence[Mapping[str, Floats]]]
) -> Floats:
    """Compute a measure from the columns of the groups or units it is about.

    Args:
        measure: name of the measure.
        base: the outcome whose inequality is measured.
        parts: columns by name, (month,) arrays: of each fifth, most deprived first; of each trust; or for the parts of
            a gap of each fifth of each trust.

    Returns:
        (month,) array.
    """
    found = MEASURES[measure]
    if found.over == "gap":
        units = [np.stack([_level(base, columns) for columns in fifths], axis=1) for fifths in parts]  # type: ignore[arg-type]
        both = np.stack(units, axis=1)
    else:
        both = np.stack([_level(base, columns) for columns in parts], axis=1)  # type: ignore[arg-type]
    return np.asarray(found.compute(both[0], both[1]), dtype=np.float64)


def _level(base: Outcome, columns: Mapping[str, Floats]) -> Floats:
    """An outcome's level and the people it describes, (2, month)."""
    return np.stack([base.derive(columns), columns[base.denominator]])
