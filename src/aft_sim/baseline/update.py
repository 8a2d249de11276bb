"""A newer month of the RTT full extract makes a new baseline: `aft-sim baseline update --rtt FILE --out DIR`.

Everything that does not come from the extract is taken over from the baseline before (`carry`), or read again from the
official files where a folder of them is given. A trust without a return keeps its last one, as in NHS England's own
estimates (those for Sheffield Teaching were the same in December 2025 and January 2026); England's series gets the new
month from the extract and these estimates.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aft_sim.baseline import bundle, carry, tables
from aft_sim.baseline.assemble import ENGLAND, SMALLEST_ROW, RawRows, assemble, pool_small
from aft_sim.baseline.build import FILES, SERIES_COLUMNS, Sources, balance, read_sources, sha256
from aft_sim.baseline.bundle import Bundle
from aft_sim.baseline.carry import Carried
from aft_sim.baseline.estimate import Estimate, with_estimates
from aft_sim.baseline.places import write_flows
from aft_sim.baseline.reconcile import ReconcileSettings
from aft_sim.baseline.sources.rtt_extract import RttExtract, read_rtt_extract
from aft_sim.baseline.sources.series import RttMonthly
from aft_sim.basis.errors import InputError, did_you_mean

Array = NDArray[np.float64]
Say = Callable[[str], None]

#: Share of the last list whose trusts may lack a return before the file is taken to be cut short.
MOST_MISSING = 0.25
#: Share of the list whose commissioners may be unknown, and difference of the C_999 totals, before it is refused.
MOST_UNKNOWN, MOST_RESIDUAL = 0.02, 0.01
_NAMED = re.compile(
    r"(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?[-_ ]?(20\d\d|\d\d)(?!\d)",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NHS = re.compile(r"\bNHS (FOUNDATION )?TRUST\b", re.IGNORECASE)


@dataclass(frozen=True)
class Renewed:
    """A new baseline.

    Attributes:
        folder: where it was written.
        before: the baseline it replaces.
        after: the new one.
    """

    folder: Path
    before: Bundle
    after: Bundle


def update(
    rtt: Path,
    out: Path,
    previous: Path = tables.FOLDER,
    source: Path | None = None,
    merged: Sequence[tuple[str, str]] = (),
    say: Say = lambda _: None,
) -> Renewed:
    """Make a baseline from a newer month's extract.

    Args:
        rtt: the RTT full extract as published.
        out: folder to write; made if it is not there.
        previous: the baseline to go on from.
        source: folder of official files to read everything else from; None takes it over from `previous`.
        merged: (old code, new code) of trusts taken over since the baseline.
        say: told what is being done.

    Raises:
        InputError: the extract is damaged, of another layout or not of a later month; its name and its content give
            different months; it holds NHS trusts that the baseline does not know, or lacks too many that it knows.
    """
    check_out(out, previous)
    before = bundle.load(previous)
    last = date.fromisoformat(str(before.summary["period"]))
    say(f"reading {rtt.name}")
    raw = read_rtt_extract(rtt)
    check_month(rtt, raw.period, last)
    _check_totals(rtt, raw)
    sources = read_sources(source, say, rtt) if source else None
    kept, seen = _kept(sources, previous)
    for old, new in merged:
        kept = _merge(kept, old, new)
    extract = raw.folded(kept.successors)
    _check_trusts(rtt, raw, kept)
    residence = kept.residence(extract)
    unknown = _check_commissioners(rtt, extract, residence.unmatched)
    say("assembling providers, functions and residence")
    published = assemble(extract, kept, residence, kept.icbs)
    missing = without_return(before, published, kept)
    _check_missing(rtt, before, missing)
    full, estimates = with_estimates(published, before, missing, kept, extract)
    month = f"{extract.period:%Y-%m}"
    gap = _months_between(last, extract.period)
    derived = month not in kept.series.months
    series = with_month(kept.series, extract, full, month) if derived else kept.series
    months = carry.with_month(kept.months, month, lists_of_trusts(extract, kept))
    settings = ReconcileSettings()
    built = balance(published, pool_small(full), series, months, extract.period, settings, say)
    say("writing tables")
    kept = replace(kept, months=months, series=series, providers={p.code: p.name for p in extract.providers})
    _write(out, previous, sources, kept, built, extract)
    record = _record(before, rtt, extract, kept, published, estimates, gap, derived, unknown, seen, source)
    hashes = _hashes(before, source, rtt)
    from aft_sim.baseline import write_tables

    summary = write_tables.summary(extract, built, asdict(settings), hashes)
    figures = before.summary.get("own_figures", [])
    own = [] if source else [f for f in figures if f["table"] == "trusts"]
    record["own_figures_dropped"] = [f"{f['code']} {f['column']}" for f in figures if f not in own]
    summary |= {"updated": record} | ({"own_figures": own} if own else {})
    tables.write_json(out, "build", summary)
    bundle.load.cache_clear()
    return Renewed(out, before, bundle.load(out))


# -- checks ------------------------------------------------------------------------------------------------------------


def check_out(out: Path, previous: Path) -> None:
    """Refuse to write over the baseline that is being renewed or over the packaged one."""
    if out.resolve() in (previous.resolve(), tables.FOLDER.resolve()):
        raise InputError(
            "a baseline cannot be written over the one it comes from or the packaged one",
            where="--out",
            found=str(out),
            expected="another folder",
        )
    if out.exists() and not out.is_dir():
        raise InputError("this is a file, not a folder", where="--out", found=str(out), expected="a folder")
    if out.is_dir() and any(out.iterdir()):
        raise InputError("the folder is not empty", where="--out", found=str(out), expected="a new or empty folder")


def month_in_name(name: str) -> tuple[int, int] | None:
    """(year, month) that a file's name gives, as in "Full-CSV-data-file-Feb26.zip"; None if it gives none."""
    found = _NAMED.search(name)
    if found is None:
        return None
    year = int(found[2])
    return (year if year > 2000 else 2000 + year), _MONTHS.index(found[1].lower()) + 1


def check_month(rtt: Path, period: date, last: date) -> None:
    """Refuse an extract whose name and content disagree, or whose month is not after the baseline's."""
    named = month_in_name(rtt.name)
    if named is not None and named != (period.year, period.month):
        raise InputError(
            "the file's name and its content give different months",
            where=str(rtt),
            found=f"{date(*named, 1):%B %Y} in the name, {period:%B %Y} in the column 'Period'",
            expected="the same month",
            hint="Was another month's file renamed?",
        )
    if (period.year, period.month) <= (last.year, last.month):
        same = (period.year, period.month) == (last.year, last.month)
        raise InputError(
            "the extract is of the baseline's own month" if same else "the extract is older than the baseline",
            where=str(rtt),
            found=f"{period:%B %Y}",
            expected=f"a month after {last:%B %Y}",
            hint="To build another month from the start, see aft-sim baseline build.",
        )


def _check_totals(rtt: Path, raw: RttExtract) -> None:
    people = int(raw.totals("2").sum())
    if people == 0:
        raise InputError("the extract has nobody on the waiting list", where=str(rtt), expected="rows of Part_2")
    for part, name in (("1A", "admitted"), ("1B", "non-admitted"), ("3", "clock starts")):
        if raw.totals(part).sum() == 0:
            raise InputError(
                "the extract lacks a part", where=str(rtt), found=f"no Part_{part} ({name})", expected="all five parts"
            )
    if raw.checks.residual_total > MOST_RESIDUAL * people:
        raise InputError(
            "the totals of the extract do not match its treatment functions",
            where=str(rtt),
            found=f"a difference of {raw.checks.residual_total:,} pathways",
            expected="C_999 equal to the sum of the functions",
            hint="Is the file cut short, or are rows missing?",
        )


def _check_trusts(rtt: Path, raw: RttExtract, kept: Carried) -> None:
    """Refuse NHS trusts that the register does not know: they would be taken for the independent sector."""
    strange = [p for p in raw.providers if kept.current(p.code) is None and _NHS.search(p.name)]
    if strange:
        raise InputError(
            f"{len(strange)} NHS trust(s) of the extract are not in the baseline's register",
            where=str(rtt),
            found=", ".join(f"{p.code} {p.name}" for p in strange[:6]) + (" ..." if len(strange) > 6 else ""),
            expected="trusts of the register, or their predecessors",
            hint="If a trust has a new code, give the official files with a newer trusts.csv: --from FOLDER.",
        )


def _check_commissioners(rtt: Path, extract: RttExtract, unmatched: Sequence[str]) -> list[dict[str, Any]]:
    """Commissioners that are neither a known location nor a hub, with the people they pay for."""
    codes = extract.commissioner_codes()
    listed = extract.flows("2")
    people = np.bincount(listed.commissioner, listed.count, len(codes))
    found = {code: int(people[codes.index(code)]) for code in unmatched}
    if sum(found.values()) > MOST_UNKNOWN * float(people.sum()):
        raise InputError(
            "the extract names sub-ICB locations that the baseline does not know",
            where=str(rtt),
            found=", ".join(f"{code} ({n:,} people)" for code, n in list(found.items())[:6]),
            expected=f"unknown ones for at most {100 * MOST_UNKNOWN:.0f}% of the list",
            hint="Boundaries may have changed: give the official files with a newer geography: --from FOLDER.",
        )
    return [{"code": code, "people": n} for code, n in found.items() if n]


def _merge(kept: Carried, old: str, new: str) -> Carried:
    for code in (old, new):
        if code not in kept.estates_type:
            raise InputError(
                "no such NHS trust",
                where="--merged",
                found=f"{old}={new}",
                expected="ODS codes of two trusts of the baseline",
                hint=did_you_mean(code, kept.estates_type),
            )
    if old == new:
        raise InputError("a trust cannot be taken over by itself", where="--merged", found=f"{old}={new}")
    return kept.merged(old, new)


def without_return(before: Bundle, published: RawRows, kept: Carried) -> list[str]:
    """Trusts with a list in the baseline before and none in the extract; those of fewer than 50 people are let go."""
    was = np.bincount(before.row_provider, before.waiting.sum(axis=(1, 2)), len(before.provider_code))
    now = np.bincount(published.row_provider, published.waiting.sum(axis=(1, 2)), len(published.provider))
    returned = {code for code, people in zip(published.provider, now, strict=True) if people > 0}
    large = (before.provider_trust >= 0) & (was >= SMALLEST_ROW)
    candidates = [code for code, big in zip(before.provider_code, large, strict=True) if big]
    return [code for code in candidates if kept.current(code) == code and code not in returned]


def _check_missing(rtt: Path, before: Bundle, missing: Sequence[str]) -> None:
    people = before.waiting.sum(axis=(1, 2))
    gone = np.isin(np.array(before.provider_code)[before.row_provider], list(missing))
    share = people[gone].sum() / people[before.row_is_trust].sum()
    if share > MOST_MISSING:
        raise InputError(
            "the extract lacks too many trusts",
            where=str(rtt),
            found=f"no list of {len(missing)} trusts, which had {100 * share:.0f}% of all trusts' lists",
            expected=f"trusts with at least {100 * (1 - MOST_MISSING):.0f}% of them",
            hint="Is the file cut short?",
        )


# -- the new month -----------------------------------------------------------------------------------------------------


def lists_of_trusts(extract: RttExtract, kept: Carried) -> dict[str, tuple[float, float, float]]:
    """Trust to (list, within 18 weeks, over 52 weeks), everybody treated there; predecessors are folded already."""
    bands = extract.by_band("2").sum(axis=1)
    return {
        code: (float(b.sum()), float(b[:18].sum()), float(b[52:].sum()))
        for code, b in zip(extract.provider_codes(), bands, strict=True)
        if kept.current(code) is not None and b.sum() > 0
    }


def _months_between(last: date, period: date) -> list[str]:
    """Months after `last` and before `period`, such as ["2026-02"]."""
    first, end = last.year * 12 + last.month, period.year * 12 + period.month - 1
    return [f"{m // 12}-{m % 12 + 1:02d}" for m in range(first, end)]


def with_month(series: RttMonthly, extract: RttExtract, full: RawRows, month: str) -> RttMonthly:
    """England's series with the month of the extract.

    Reported figures are the extract's for English commissioners. Figures with estimates add the trusts without a
    return. Removals are starts less completions less the change of the list, and stay unknown after a gap.

    Args:
        series: the months before.
        extract: the month.
        full: its rows, trusts without a return estimated, before pooling.
        month: its label.
    """
    people = full.waiting[:, ENGLAND].sum(axis=0)
    reported = {part: float(extract.totals(part, "england").sum()) for part in ("1A", "1B", "2", "3")}
    guess = full.imputed
    here = full.waiting[guess, ENGLAND].sum(axis=1) / np.maximum(full.waiting[guess].sum(axis=(1, 2)), 1e-9)
    admitted = reported["1A"] + float((full.admitted[guess].sum(axis=1) * here).sum())
    non_admitted = reported["1B"] + float((full.non_admitted[guess].sum(axis=1) * here).sum())
    starts = reported["3"] + float(full.flow_starts[guess, :-1].sum())
    waiting = float(people.sum())
    gap = _months_between(date.fromisoformat(f"{series.months[-1]}-01"), date.fromisoformat(f"{month}-01"))
    earlier = series.at("total_incomplete", series.months[-1])
    figures = {
        "median_wait_weeks": wait_of(people, 0.5),
        "p92_wait_weeks": wait_of(people, 0.92),
        "pct_within_18w": float(people[:18].sum()) / waiting,
        **{f"over_{w}w": float(people[w:].sum()) for w in (52, 65, 78, 104)},
        "total_incomplete": waiting,
        "total_incomplete_as_reported": reported["2"],
        "admitted_completed": admitted,
        "admitted_completed_as_reported": reported["1A"],
        "nonadmitted_completed": non_admitted,
        "nonadmitted_completed_as_reported": reported["1B"],
        "new_clock_starts": starts,
        "unreported_removals": starts - admitted - non_admitted - (waiting - earlier) if not gap else np.nan,
    }
    blank = [np.nan] * len(gap)
    columns = {name: np.r_[series.columns[name], blank, figures[name]] for name in SERIES_COLUMNS}
    return RttMonthly((*series.months, *gap, month), columns, {})


def wait_of(people: Array, share: float) -> float:
    """Weeks below which a share of a list lies, interpolated in its weekly band as NHS England does, (week,)."""
    below = np.cumsum(people)
    rank = share * below[-1]
    band = int(np.searchsorted(below, rank))
    if band >= len(people) - 1:
        return float(len(people) - 1)
    return float(band + (rank - (below[band] - people[band])) / people[band])


# -- writing -----------------------------------------------------------------------------------------------------------


def _write(out: Path, previous: Path, sources: Sources | None, kept: Carried, built: Any, extract: RttExtract) -> None:
    from aft_sim.baseline import write_tables

    copy_tables(previous, out)
    if sources is not None:
        write_tables.write_register(out, sources)
    write_tables.write_month(out, built, kept.series, extract.functions, kept.host_icb)
    write_flows(out, extract, list(kept.estates_type))
    carry.write(out, kept)


def copy_tables(previous: Path, out: Path) -> None:
    """Copy a baseline's files to a folder, which is made."""
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted([*previous.glob("*.parquet"), previous / "build.json"]):
        shutil.copyfile(path, out / path.name)


def _kept(sources: Sources | None, previous: Path) -> tuple[Carried, Mapping[str, str]]:
    """What is taken over, and the providers of the last extract (empty where the baseline does not name them)."""
    if sources is None:
        earlier = carry.read(previous)
        return earlier, earlier.providers
    kept = carry.of_sources(sources)
    if not all((previous / f"{name}.parquet").is_file() for name in carry.NAMES):
        return kept, {}  # a baseline from before these tables: the files alone must do
    earlier = carry.read(previous)
    return carry.continued(kept, earlier), earlier.providers


def _hashes(before: Bundle, source: Path | None, rtt: Path) -> dict[str, str]:
    """SHA-256 of everything the new baseline rests on."""
    if source is not None:
        hashes = {name: sha256(source / name) for key, name in FILES.items() if key != "rtt"}
    else:
        old = before.summary.get("updated", {}).get("rtt_file", FILES["rtt"])
        hashes = {name: value for name, value in before.summary["sources_sha256"].items() if name != old}
    return hashes | {rtt.name: sha256(rtt)}


def _record(
    before: Bundle,
    rtt: Path,
    extract: RttExtract,
    kept: Carried,
    published: RawRows,
    estimates: Sequence[Estimate],
    gap: Sequence[str],
    derived: bool,
    unknown: Sequence[Mapping[str, Any]],
    seen: Mapping[str, str],
    source: Path | None,
) -> dict[str, Any]:
    """What `build.json` keeps of an update."""
    had = {c for p, c in enumerate(before.provider_code) if before.provider_trust[p] >= 0}
    guessed = {before.provider_code[p] for p in before.row_provider[before.imputed]}
    missing = {e.code for e in estimates}
    now = {published.provider[p] for p in published.row_provider} - missing
    trusts = {c for c in now if kept.current(c) is not None}
    names = {p.code: p.name for p in extract.providers}
    return {
        "from_period": str(before.summary["period"]),
        "from_tables_sha256": before.hash,
        "rtt_file": rtt.name,
        "other_files": "read from the folder given" if source else "taken over from the baseline before",
        "months_skipped": list(gap),
        "england_month": "derived from the extract and the estimates" if derived else "published",
        "without_return": [asdict(e) for e in estimates],
        "returns_again": sorted(guessed & trusts),
        "trusts_new": sorted(trusts - had),
        "trusts_gone": sorted(c for c in had - trusts - missing if kept.current(c) == c),
        "taken_over": {c: kept.current(c) for c in sorted(had - trusts) if kept.current(c) != c},
        "providers_new": [{"code": c, "name": names[c]} for c in sorted(set(names) - set(seen))] if seen else [],
        "providers_gone": [{"code": c, "name": seen[c]} for c in sorted(set(seen) - set(names) - missing)],
        "unknown_commissioners": list(unknown),
    }


__all__ = ["Renewed", "check_month", "check_out", "copy_tables", "month_in_name", "update", "wait_of"]
