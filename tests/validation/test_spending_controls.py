"""Spending controls in segments 4 and 5: what they hold back is in the books and in output, and nowhere else."""

from datetime import date

import numpy as np
import pytest

from aft_sim.model import TrustAutonomyModel
from aft_sim.policy.oversight import under_control
from worlds import few, plan, scenario

pytestmark = pytest.mark.validation

SHARE = 0.2
PURPOSES = ("bank_agency", "non_pay", "pay", "drugs", "pfi")


def run_until_controls_act(share: float) -> tuple[TrustAutonomyModel, np.ndarray]:
    """A small England up to the month after a trust has entered or left segments 4 and 5; who was in them before."""
    changed = scenario("baseline", oversight__spending_control=share)
    model = TrustAutonomyModel(plan(changed, date(2026, 12, 31), few()), 1)
    started = under_control(model.world.oversight.latest)
    while (under_control(model.world.oversight.latest) == started).all():
        model.step()
    months = len(model.recorder.months)
    while len(model.recorder.months) < months + 1:
        model.step()
    return model, started


def test_what_is_held_back_is_missing_in_the_books_and_in_part_in_output():
    (free, _), (held, then) = (run_until_controls_act(share) for share in (0.0, SHARE))
    assert free.recorder.months == held.recorder.months
    month = held.recorder.months[-1]
    back = held.world.held_back
    now = under_control(held.world.oversight.latest)
    assert (np.sign(back) == now.astype(int) - then.astype(int)).all()
    assert (back > 0).any()
    assert back[now & ~then] == pytest.approx(SHARE)
    assert (free.world.held_back == 0).all()
    trusts = slice(0, back.size)
    for purpose in PURPOSES:
        without, under = (m.world.ledger.total(purpose, month, month, "payer")[trusts] for m in (free, held))
        expected = without * (1 - back) if purpose in ("bank_agency", "non_pay") else without
        assert under == pytest.approx(expected, abs=2e-8), purpose
    cut = 1 - held.world.management / free.world.management
    assert (np.sign(cut[back != 0]) == np.sign(back[back != 0])).all()
    assert (cut[back == 0] == 0).all()
    # half of what is not spent is missed as staff, and capacity follows staff by a quarter
    assert cut.max() < SHARE * 0.5 * 0.25
