"""Opening flows that balance: exact, tied to England, artefacts doubted, drift shrunk."""

from __future__ import annotations

import numpy as np
import pytest

from aft_sim.baseline.reconcile import ReconcileSettings, doubt, reconcile, shrink_ratio

pytestmark = pytest.mark.unit

SHARE = 0.144
TRUSTS, FUNCTIONS = 8, 4


def england():
    """Eight trusts alike, four functions: 100 starts a week, a list of 1,800, completions that balance."""
    rows = TRUSTS * FUNCTIONS
    trust, function = np.repeat(np.arange(TRUSTS), FUNCTIONS), np.tile(np.arange(FUNCTIONS), TRUSTS)
    starts = np.full(rows, 100.0) * (1 + function)
    completions = starts * (1 - SHARE)
    return trust, function, starts, 0.2 * completions, 0.8 * completions, 18 * starts


def balanced(
    starts,
    admitted,
    non_admitted,
    waiting,
    trust,
    function,
    drift=None,
    share=SHARE,
    total=None,
    young=None,
    **settings,
):
    drift = np.full(TRUSTS, np.nan) if drift is None else drift
    total = starts.sum() if total is None else total
    s = ReconcileSettings(**settings)
    return reconcile(starts, admitted, non_admitted, waiting, trust, function, drift, share, total, s, young=young)


def test_what_balances_already_stays():
    trust, function, starts, adm, non, waiting = england()
    got = balanced(starts, adm, non, waiting, trust, function)
    assert got.starts == pytest.approx(starts)
    assert got.admitted == pytest.approx(adm)
    assert got.non_admitted == pytest.approx(non)
    assert got.removal_share == pytest.approx(np.full(starts.size, SHARE))
    assert not got.drift.any()


def noisy(seed=3):
    """The same England as one noisy month would show it."""
    trust, function, starts, adm, non, waiting = england()
    rng = np.random.default_rng(seed)
    return (
        starts * rng.lognormal(0, 0.2, starts.size),
        adm * rng.lognormal(0, 0.3, starts.size),
        non * rng.lognormal(0, 0.2, starts.size),
        waiting * rng.lognormal(0, 0.2, starts.size),
        trust,
        function,
    )


@pytest.mark.parametrize("share,scale", [(0.144, 1.0), (0.12, 1.1), (0.175, 0.9)])
def test_the_balance_is_exact_and_england_is_met(share, scale):
    args = noisy()
    total = args[0].sum() * scale
    got = balanced(*args, share=share, total=total)
    out = got.admitted + got.non_admitted
    assert got.starts * (1 - got.removal_share) == pytest.approx(out, rel=1e-12)
    assert got.starts.sum() == pytest.approx(total, rel=1e-12)
    assert (got.starts * got.removal_share).sum() / total == pytest.approx(share, abs=1e-10)
    assert got.removal_share.min() > 0 and got.removal_share.max() < 0.45
    assert got.admitted / out == pytest.approx(args[1] / (args[1] + args[2]))


def test_a_trust_that_reported_half_its_completions_is_pulled_up():
    trust, function, starts, adm, non, waiting = england()
    half = np.where(trust == 2, 0.5, 1.0)
    got = balanced(starts, adm * half, non * half, waiting, trust, function)
    odd = trust == 2
    out = (got.admitted + got.non_admitted) / (adm + non)
    # its list says that starts are right and completions are missing
    assert (out[odd] > 0.8).all()
    assert (got.starts[odd] / starts[odd] > 0.85).all()
    assert (got.removal_share[odd] < 0.3).all()  # as published it would be 0.57
    assert out[~odd] == pytest.approx(np.ones((~odd).sum()), abs=0.03)


def test_a_trust_that_reported_half_its_starts_is_pulled_up():
    trust, function, starts, adm, non, waiting = england()
    odd = trust == 2
    reported = np.where(odd, 0.5, 1.0) * starts
    got = balanced(reported, adm, non, waiting, trust, function, total=starts.sum())
    assert (got.starts[odd] / starts[odd] > 0.8).all()
    # those who joined lately are on its list, and say so too
    young = balanced(reported, adm, non, waiting, trust, function, total=starts.sum(), young=starts)
    assert (young.starts[odd] / starts[odd] > 0.9).all()


def test_a_row_without_a_young_list_is_balanced_by_its_flows_alone():
    args = noisy()
    without = balanced(*args)
    zero = balanced(*args, young=np.zeros(args[0].size))
    assert zero.starts == pytest.approx(without.starts)


def test_a_trust_that_is_small_in_everything_is_believed():
    trust, function, starts, adm, non, waiting = england()
    half = np.where(trust == 2, 0.5, 1.0)
    got = balanced(starts * half, adm * half, non * half, waiting * half, trust, function)
    assert got.starts == pytest.approx(starts * half)


class TestRatio:
    def ratio(self, starts, completions, trust, function, **settings):
        arrays = (np.asarray(x) for x in (starts, completions, trust, function))
        return shrink_ratio(*arrays, 1 - SHARE, ReconcileSettings(**settings))

    def test_england_where_nothing_is_known(self):
        got = self.ratio([0.0, 0.0], [10.0, 0.0], [0, 1], [0, 1])
        assert got == pytest.approx(np.full(2, np.log(1 - SHARE)))

    def test_one_row_is_shrunk_three_times(self):
        """All levels by hand: function, trust and row each keep what their spread warrants."""
        s = ReconcileSettings()
        starts, completions = 1e8, 1e8 * 0.8
        miss = np.log(0.8) - np.log(1 - SHARE)
        within = s.row_noise**2 + s.row_spread**2
        f = miss * s.trust_spread**2 / (s.trust_spread**2 + within)
        t = (miss - f) * s.trust_spread**2 / (s.trust_spread**2 + s.month_noise**2 + within)
        own = s.row_spread**2 / within
        expected = np.log(1 - SHARE) + f + t + own * (miss - f - t)
        assert self.ratio([starts], [completions], [0], [0])[0] == pytest.approx(expected, rel=1e-6)

    def test_shares_stay_within_their_bounds(self):
        wide = {"row_noise": 1e-3, "month_noise": 1e-3, "trust_spread": 5.0, "row_spread": 5.0}
        got = 1 - np.exp(self.ratio([1e6, 1e6], [4e5, 2e6], [0, 1], [0, 1], **wide))
        assert got == pytest.approx([0.30, 0.02])

    def test_larger_rows_are_believed_more(self):
        small, large = (self.ratio([n] * 2, [0.75 * n, 0.856 * n], [0, 1], [0, 0])[0] for n in (10.0, 1e5))
        assert large < small < np.log(1 - SHARE)


class TestDoubt:
    def test_by_hand(self):
        flow = np.array([10.0, 10.0, 20.0])
        got = doubt(flow, np.full(3, 100.0), np.zeros(3, dtype=int), 0.25)
        assert got == pytest.approx([0.0, 0.0, (np.log(2) / 0.25) ** 2])

    def test_each_function_has_its_own_usual_pace(self):
        flow = np.array([10.0, 10.0, 30.0, 30.0])
        assert doubt(flow, np.full(4, 100.0), np.array([0, 0, 1, 1]), 0.25).tolist() == [0.0] * 4


class TestDrift:
    def drift(self, trust_drift, **settings):
        trust, function, starts, adm, non, waiting = england()
        got = balanced(starts, adm, non, waiting, trust, function, np.array(trust_drift), **settings)
        return got.drift[::FUNCTIONS] / waiting[::FUNCTIONS] * (365.25 / 7 / 12)

    def test_no_more_spread_than_noise_is_no_drift(self):
        assert self.drift([0.004, -0.004] * 4).tolist() == [0.0] * 8

    def test_shrunk_by_signal_over_signal_and_noise(self):
        # spread 0.02, noise 0.01: three quarters are signal
        assert self.drift([0.012, -0.012] * 4, drift_noise=0.006) == pytest.approx([0.009, -0.009] * 4)

    def test_capped(self):
        assert np.abs(self.drift([0.2, -0.2] * 4)) == pytest.approx(np.full(8, 0.015))

    def test_the_unknown_do_not_make_the_known_look_steady(self):
        known = self.drift([0.012, -0.012] * 4, drift_noise=0.006)
        some = self.drift([0.012, -0.012] * 2 + [np.nan] * 4, drift_noise=0.006)
        assert some == pytest.approx([*known[:4], 0, 0, 0, 0])

    def test_the_unknown_do_not_drift(self):
        assert self.drift([0.03, -0.03, np.nan, 0.0] * 2)[2::4].tolist() == [0.0, 0.0]
