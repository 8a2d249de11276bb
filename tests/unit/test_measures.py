"""Waiting-time measures against hand-computed lists and NHS England's published January 2026 figures."""

import numpy as np
import pytest

from aft_sim.mechanisms import measures

pytestmark = pytest.mark.unit

# People on the RTT list of English commissioners at the end of January 2026 by whole weeks waited, 0 to 103
# and 104 or more. Source: NHS England, Consultant-led Referral to Treatment Waiting Times, full extract.
# fmt: off
JANUARY_2026 = np.array([
    381377, 375886, 347536, 308884, 168271, 158188, 273411, 262704, 253789, 243731, 235777, 230002, 217663,
    194490, 196973, 192356, 182019, 172901, 153004, 146120, 140723, 133015, 96260, 115616, 114630, 110479,
    104620, 104501, 100728, 98217, 94455, 89654, 87486, 84151, 80110, 58946, 74931, 69464, 53568, 61427,
    44375, 44067, 51965, 47722, 42728, 41003, 37906, 35712, 30946, 26838, 26840, 23933, 20380, 18364, 15932,
    13394, 7772, 5092, 10002, 8781, 7812, 6160, 5083, 4283, 3388, 963, 917, 776, 643, 498, 379, 303, 305,
    291, 167, 208, 189, 164, 140, 147, 115, 136, 109, 94, 117, 70, 55, 37, 62, 47, 28, 30, 29, 28, 21, 17,
    22, 41, 14, 11, 13, 7, 12, 12, 200,
], dtype=float)
# fmt: on


def weeks(**people: float) -> np.ndarray:
    """A list by weeks waited, ``weeks(w3=10)`` being ten people who have waited three to four weeks."""
    h = np.zeros(105)
    for name, count in people.items():
        h[int(name[1:])] = count
    return h


def test_published_england_january_2026() -> None:
    assert len(JANUARY_2026) == 105
    assert measures.total(JANUARY_2026) == 7_155_958
    assert measures.median(JANUARY_2026) == pytest.approx(13.621, abs=5e-4)
    assert measures.p92(JANUARY_2026) == pytest.approx(40.347, abs=6e-4)
    assert measures.within_18_share(JANUARY_2026) == pytest.approx(61.43, abs=0.01)
    assert measures.over_52(JANUARY_2026) == 133_860
    assert measures.over_65(JANUARY_2026) == 7_417


def test_thresholds_fall_between_weeks() -> None:
    h = weeks(w17=1, w18=2, w51=4, w52=8, w64=16, w65=32, w104=64)
    assert measures.within_18(h) == 1
    assert measures.over_52(h) == 8 + 16 + 32 + 64
    assert measures.over_65(h) == 32 + 64
    assert measures.within(h, 52) == 7
    assert measures.over(h, 104) == 64
    assert measures.within_18_share(h) == pytest.approx(100 / 127)


def test_percentile_is_linear_inside_the_band() -> None:
    h = weeks(w3=10)
    assert measures.median(h) == pytest.approx(3.5)
    assert measures.p92(h) == pytest.approx(3.92)
    assert measures.percentile(h, 1.0) == pytest.approx(4.0)
    assert measures.percentile(weeks(w0=4, w10=6), 0.5) == pytest.approx(10 + 1 / 6)


def test_percentile_on_a_boundary_is_the_end_of_the_lower_band() -> None:
    assert measures.median(weeks(w2=5, w9=5)) == pytest.approx(3.0)


def test_percentile_in_the_open_band_is_its_lower_end() -> None:
    assert measures.median(weeks(w1=1, w104=9)) == 104.0
    assert measures.percentile(weeks(w1=1, w104=9), 1.0) == 104.0


def test_mean_takes_the_middle_of_each_band() -> None:
    assert measures.mean(weeks(w0=1, w9=3)) == pytest.approx((0.5 + 3 * 9.5) / 4)
    assert measures.mean(weeks(w104=2)) == pytest.approx(104.5)


def test_an_empty_list_has_no_wait() -> None:
    empty = np.zeros(105)
    assert measures.total(empty) == 0
    assert measures.over_52(empty) == 0
    for measure in (measures.median, measures.p92, measures.mean, measures.within_18_share):
        assert np.isnan(measure(empty))


def test_leading_axes_are_kept() -> None:
    h = np.stack([np.stack([weeks(w3=10), weeks(w20=1)]), np.stack([np.zeros(105), JANUARY_2026])])
    for measure in (measures.total, measures.median, measures.p92, measures.mean, measures.within_18_share):
        result = measure(h)
        assert result.shape == (2, 2)
        each = [[float(measure(h[i, j])) for j in range(2)] for i in range(2)]
        np.testing.assert_allclose(result, each, rtol=1e-14)


def test_whole_numbers_are_accepted() -> None:
    assert measures.median(weeks(w3=10).astype(int)) == pytest.approx(3.5)
    assert measures.mean(weeks(w3=10).astype(int)) == pytest.approx(3.5)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.01])
def test_percentile_refuses_a_share_outside_its_range(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        measures.percentile(JANUARY_2026, share)
