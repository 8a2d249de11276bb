"""Trusts by their 18-week share before and after: a league table, and when not to read it.

Ranks are among all trusts, but only trusts that move against the others by more than a trust's share moves in a month
for no known reason (`compare.trust_noise`) are given one: below it no ranking is printed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry
from aft_sim.study.power_noise import Panel, read_panel
from aft_sim.study.result import RunResult
from aft_sim.study.winners import trust_noise


@dataclass(frozen=True)
class Place:
    """One trust in the league table.

    Attributes:
        code: ODS code.
        before, after: 18-week share, per cent, mean over the runs.
        rank_before, rank_after: 1 = highest share.
        change: after less before, less what all trusts together gained, points.
    """

    code: str
    before: float
    after: float
    rank_before: int
    rank_after: int
    change: float


@dataclass(frozen=True)
class League:
    """The league table before and after.

    Attributes:
        before, after: months.
        noise: points, within which a change against the others is no change of rank.
        all_trusts: what the mean trust gained, points.
        runs: runs that the shares are means over.
        places: trusts that move beyond the noise, by rank after.
        counted: trusts that were looked at.
    """

    before: str
    after: str
    noise: float
    all_trusts: float
    runs: int
    places: tuple[Place, ...]
    counted: int

    @property
    def warning(self) -> str:
        """What a reader must know before reading a rank, in sentences."""
        noise = f"{self.noise:g} points, which a trust's share moves in a month for no known reason"
        if not self.places:
            return (
                f"No ranking: none of {self.counted} trusts moves against the others by more than {noise}, so that "
                "places would change by chance."
            )
        rest = self.counted - len(self.places)
        return (
            f"{len(self.places)} of {self.counted} trusts move against the others by more than {noise}; the other "
            f"{rest} are not ranked, because their places change by chance."
        )


def league(runs: Sequence[RunResult], before: str, after: str, trusts: Collection[str] = ()) -> League:
    """Rank trusts by their 18-week share in two months of the same runs.

    Args:
        runs: runs of one scenario; shares are means over them.
        before: month, such as the opening.
        after: a later month.
        trusts: ODS codes of those to rank; all with a list if empty.

    Raises:
        InputError: a month that the runs do not hold, or no trust.
    """
    outcome = registry.outcome("within_18_share")
    panels = [read_panel(run, outcome) for run in runs]
    codes = sorted(set.intersection(*(set(panel.codes) for panel in panels)) & set(trusts or panels[0].codes))
    if not codes:
        raise InputError("there is no trust with a list to rank", found=", ".join(trusts))
    shares = {month: _mean(panels, codes, month) for month in (before, after)}
    drift = float(np.mean([shares[after][code] - shares[before][code] for code in codes]))
    ranks = {month: _ranks(values) for month, values in shares.items()}
    noise = trust_noise()
    places = [
        Place(
            code=code,
            before=shares[before][code],
            after=shares[after][code],
            rank_before=ranks[before][code],
            rank_after=ranks[after][code],
            change=shares[after][code] - shares[before][code] - drift,
        )
        for code in codes
    ]
    told = sorted((one for one in places if abs(one.change) > noise), key=lambda one: one.rank_after)
    return League(before, after, noise, drift, len(runs), tuple(told), len(codes))


def _mean(panels: Sequence[Panel], codes: Sequence[str], month: str) -> dict[str, float]:
    months = panels[0].months
    if month not in months:
        raise InputError("the runs hold no such month", found=month, expected=f"{months[0]} to {months[-1]}")
    values = np.mean([panel.rows(codes)[:, panel.months.index(month)] for panel in panels], axis=0)
    return dict(zip(codes, values.tolist(), strict=True))


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    ordered = sorted(values, key=lambda code: (-values[code], code))
    return {code: i for i, code in enumerate(ordered, 1)}
