"""The readers on the official files: England's sums against what was published, and the files' known traps.

Set AFT_SIM_DATA to the folder of official files (docs/data.md) to run them.
"""

import os
from pathlib import Path

import pytest

from aft_sim.baseline.sources.boundaries import read_boundaries
from aft_sim.baseline.sources.catchments import read_catchments
from aft_sim.baseline.sources.community import read_community
from aft_sim.baseline.sources.cost_collection import read_cost_collection
from aft_sim.baseline.sources.diagnostics import read_diagnostics
from aft_sim.baseline.sources.estates import read_estates
from aft_sim.baseline.sources.expenditure import bought_in, read_expenditure
from aft_sim.baseline.sources.geography import read_geography
from aft_sim.baseline.sources.icbs import NEEDS, read_icbs
from aft_sim.baseline.sources.profiles import read_profiles
from aft_sim.baseline.sources.trusts import read_trusts
from aft_sim.baseline.sources.workforce import read_workforce
from aft_sim.baseline.staffing import staffing

DATA = Path(os.environ.get("AFT_SIM_DATA", "."))
pytestmark = [
    pytest.mark.validation,
    pytest.mark.skipif("AFT_SIM_DATA" not in os.environ, reason="AFT_SIM_DATA names no folder of official files"),
]


@pytest.fixture(scope="module")
def register():
    return read_trusts(DATA / "trusts.csv")


@pytest.fixture(scope="module")
def icbs():
    return read_icbs(DATA / "icbs.csv")


@pytest.fixture(scope="module")
def accounts(register):
    return read_expenditure(DATA, register)


def test_accounts_add_up_to_england(accounts, register):
    latest = [e for e in accounts.trusts.values() if e.year == "2023/24"]
    assert sum(e.opex for e in latest) + sum(accounts.homeless.values()) == pytest.approx(130_840, abs=1)
    assert sum(e.staff for e in latest) == pytest.approx(81_818, abs=1)
    for e in latest:
        assert e.staff + e.supplies + e.premises + e.other == pytest.approx(e.opex, abs=0.01), e.code
    assert sum(e.impairments_2022_23 or 0 for e in accounts.trusts.values()) == pytest.approx(1_099, rel=0.01)
    assert sum(e.pfi_2022_23 or 0 for e in accounts.trusts.values()) == pytest.approx(1_126, rel=0.01)


def test_accounts_that_are_missing_or_of_part_of_the_year(accounts):
    years = {code: e.year for code, e in accounts.trusts.items() if e.year != "2023/24"}
    assert years == {**dict.fromkeys(("RF4", "RJ6", "RQ3", "RV9", "RWK"), "2022/23"), "K0N6A": None}
    assert [code for code, e in accounts.trusts.items() if e.part_year] == ["RBN"]
    pay = {code: e.staff / e.average_wte * 1e6 for code, e in accounts.trusts.items() if e.average_wte}
    assert 45_000 < pay["RBN"] < 70_000, "the part-year staff of RVY must not be counted twice"


def test_trusts_that_buy_in_much_of_their_care(accounts, register):
    ranges = bought_in(accounts, register)
    assert ranges["RXT"].high == pytest.approx(0.447, abs=0.001)
    assert {code for code, r in ranges.items() if r.high > 0.295} >= {"RXT", "RWV", "RA9"}
    assert all(0 <= r.low <= r.high < 0.5 for r in ranges.values())


def test_staff_add_up_to_the_national_series(accounts, register):
    found = staffing(accounts, register, read_workforce(DATA / "series/workforce_monthly.csv"))
    assert (found.month, found.england, found.without) == ("2026-02", 1_379_060, ("K0N6A",))
    assert sum(t.fte for t in found.trusts.values()) == pytest.approx(1_379_060)
    assert {code for code, t in found.trusts.items() if t.estimated} == {"RF4", "RJ6", "RQ3", "RV9", "RWK"}
    factors = [s.factor for s in found.steps]
    assert factors == pytest.approx([1.0237, 0.9431, 0.9554, 1.0501], abs=0.0005)
    assert [s.name for s in found.unexplained()] == ["definition"]
    assert all(0.9 < t.factor < 1.0 for t in found.types.values())


def test_diagnostics_of_england(register):
    found = read_diagnostics(DATA / "official/DM01-March-2026-full-extract.zip", register)
    assert (sum(found.everyone.waiting), sum(found.england.waiting)) == (1_924_254, 1_918_239)
    assert (found.everyone.done, found.england.done) == (2_631_112, 2_618_485)
    assert found.england.share_over_6 == pytest.approx(0.212, abs=0.0005), "published for March 2026: 21.2 %"
    of_trusts = sum(sum(t.tests.waiting) for t in found.trusts.values())
    assert of_trusts + sum(found.others.waiting) == 1_924_254
    assert found.trusts["RA7"].codes == ("RA7", "RVJ")
    assert (len(found.trusts), found.idle, "RF4" in found.absent) == (152, ("RYG",), True)


def test_community_of_england(register):
    found = read_community(DATA / "official/CSDS-March-2026.zip", register)
    assert (found.england.referrals, found.england.contacts) == (1_865_125, 9_094_260)
    of_trusts = sum(t.contacts or 0 for t in found.trusts.values())
    assert of_trusts + found.others_contacts == pytest.approx(found.england.contacts, rel=1e-5)
    assert (len(found.trusts), found.others) == (111, 90)
    assert found.trusts["RA7"].referrals is None, "RVJ sends contacts but no referrals"
    assert found.trusts["RWW"].codes == ("RY2",)


def test_estates_of_england(register):
    found = read_estates(DATA / "official/ERIC-2024_25-Trust-data.csv", register)
    assert sum(sum(e.capital) for e in found.trusts.values()) == pytest.approx(5_125, abs=1)
    assert sum(e.sites for e in found.trusts.values()) == 9_554
    unasked = {register.by_code[c].type for c, e in found.trusts.items() if e.inpatient_sites is None}
    assert unasked == {"ambulance"}


def test_cost_collection_is_a_lower_bound(register, accounts):
    found = read_cost_collection(DATA / "ncc_cost_by_trust.csv", register)
    assert found.total == pytest.approx(43_541, abs=1)
    assert (len(found.trusts), found.homeless) == (115, ())
    assert found.trusts["G6V2S"].codes == ("RNK", "RRP", "TAF")
    assert {c for c, t in found.trusts.items() if t.flags} == {"G6V2S", "R1F", "RWR", "RXX"}


def test_profiles_agree_with_the_register(register):
    found = read_profiles(DATA / "trust_profiles_wide.csv", register)
    assert sum(sum(t.backlog) for t in found.trusts.values() if t.backlog) == pytest.approx(14_493, abs=1)
    for code, trust in found.trusts.items():
        if trust.backlog and register.by_code[code].backlog_gbp_m is not None:
            assert sum(trust.backlog) == pytest.approx(register.by_code[code].backlog_gbp_m, abs=0.02), code
    assert sum(t.shmi is not None for t in found.trusts.values()) == 117
    assert found.trusts["RA7"].blended == ("RVJ",)


def test_every_icb_has_people_need_catchments_and_a_boundary(register, icbs, accounts):
    assert len(icbs.icbs) == 36
    people = sum(icb.registered for icb in icbs.icbs)
    for i, name in enumerate(NEEDS):
        mean = sum(icb.needs[i] * icb.registered for icb in icbs.icbs) / people
        assert mean == pytest.approx(1, abs=0.001), f"{name}: England is 1 by definition"
    shapes = read_boundaries(DATA / "geography/icb26_boundaries_simplified.geojson", icbs)
    assert list(shapes.icbs) == icbs.codes()
    for icb in icbs.icbs:
        points = [point for polygon in shapes.icbs[icb.code] for point in polygon.outer]
        west, east = min(p[0] for p in points), max(p[0] for p in points)
        south, north = min(p[1] for p in points), max(p[1] for p in points)
        assert south < icb.centroid[0] < north, icb.code
        assert west < icb.centroid[1] < east, icb.code
    catchments = read_catchments(
        DATA / "trust_icb26_catchment_shares.csv", tuple(icbs.codes()), register, accounts.own_2022_23
    )
    assert set(catchments.merged) == {"RH5", "RA7", "RAL", "RBN", "RH8"}
    assert catchments.shares.sum(axis=1) == pytest.approx(1)
    assert sum(t.catchment is None for t in register.trusts) == 69


def test_west_essex_goes_to_essex(icbs):
    found = read_geography(DATA / "geography/lsoa21_icb26_imd2025.csv", icbs)
    essex, central_east = (found.icbs.index(code) for code in ("D7T5G", "S1Y5D"))
    west_essex = found.sub_population[found.sub_icbs.index("07H")].sum(axis=1)
    assert west_essex[essex] == west_essex.sum() > 290_000
    assert west_essex[central_east] == 0
    assert "QM7" not in icbs.icbs[essex].predecessors, "the table of boards names QM7 for Central East only"
