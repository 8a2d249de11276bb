"""Correlated groups: ranks agree as asked, margins stay, and nobody else moves."""

import numpy as np
import pytest
from scipy import stats
from test_register import ENTRY, toml

from aft_sim.basis.errors import InputErrors
from aft_sim.basis.streams import Streams, words
from aft_sim.spec.register import Register

pytestmark = pytest.mark.unit

REGISTER = Register.load()
DRAWS = 2000
GROUP = {
    "name": "pair",
    "title": "They go together",
    "members": ["a.b", "a.c"],
    "rank_correlation": 0.6,
    "evidence": [],
    "source": "none found",
    "grade": "E",
    "basis": "J",
    "assumption": True,
}


def table(groups, *names):
    entries = [ENTRY | {"name": name} for name in names]
    return toml(*entries) + "".join(toml(group).replace("[[parameter]]", "[[group]]") for group in groups)


def read(groups, *names):
    return Register.from_texts({"r.toml": table(groups, *names)})


def sample(register, names, draws=DRAWS):
    found = [register.draw(Streams(0, draw), names) for draw in range(1, draws + 1)]
    return np.array([[values[name] for name in names] for values in found])


def own(register, name, draw):
    """The value of a parameter that is drawn on its own."""
    return register[name].quantile(float(Streams(0, draw).params("parameter", 0, words([name]))[0]))


@pytest.mark.parametrize("size", [0.2, 0.6, 0.95])
def test_rank_correlation_is_as_asked(size):
    register = read([GROUP | {"rank_correlation": size}], "a.b", "a.c")
    values = sample(register, ["a.b", "a.c"])
    # One standard error of a rank correlation of 2,000 pairs is at most 0.022.
    assert stats.spearmanr(values[:, 0], values[:, 1]).statistic == pytest.approx(size, abs=0.05)


def test_full_correlation_makes_ranks_equal():
    values = sample(read([GROUP | {"rank_correlation": 1.0}], "a.b", "a.c"), ["a.b", "a.c"], 200)
    assert np.array_equal(np.argsort(values[:, 0]), np.argsort(values[:, 1]))


def test_margins_are_those_of_the_priors():
    register = read([GROUP], "a.b", "a.c")
    prior = register["a.b"].prior
    values = sample(register, ["a.b", "a.c"])
    grid = (np.arange(DRAWS) + 0.5) / DRAWS
    expected = np.array([prior.quantile(u) for u in grid.tolist()])
    for column in values.T:
        assert stats.ks_2samp(column, expected).pvalue > 0.01


def test_parameters_outside_keep_their_uniform():
    register = read([GROUP], "a.b", "a.c", "a.d")
    alone = read([], "a.b", "a.c", "a.d")
    for draw in range(1, 30):
        values = register.draw(Streams(0, draw))
        assert values["a.d"] == own(register, "a.d", draw) == alone.draw(Streams(0, draw))["a.d"]
        assert values["a.b"] != own(register, "a.b", draw)


def test_a_new_member_moves_no_other():
    pair = read([GROUP], "a.b", "a.c", "a.d")
    three = read([GROUP | {"members": ["a.d", "a.c", "a.b"]}], "a.b", "a.c", "a.d")
    for draw in range(1, 30):
        before, after = pair.draw(Streams(0, draw)), three.draw(Streams(0, draw))
        assert (before["a.b"], before["a.c"]) == (after["a.b"], after["a.c"])
        assert before["a.d"] != after["a.d"]


def test_members_drawn_alone_or_together_are_the_same():
    register = read([GROUP], "a.b", "a.c")
    both = register.draw(Streams(0, 7))
    assert register.draw(Streams(0, 7), ["a.b"])["a.b"] == both["a.b"]
    assert register.draw(Streams(1, 7)) == both
    assert register.group_of("a.b").name == "pair"
    assert register.group_of("a.x") is None


def test_shipped_groups():
    names = {group.name for group in REGISTER.groups}
    assert names == {"approval", "construction", "population_budget_saving", "emergency_trend"}
    assert REGISTER.group_of("capital.cost_growth") is REGISTER.group_of("capital.approval_months.ordinary")
    pair = ["capital.approval_months.ordinary", "capital.cost_growth"]
    values = sample(REGISTER, pair, 600)
    assert stats.spearmanr(values[:, 0], values[:, 1]).statistic == pytest.approx(0.8, abs=0.06)
    assert all(group.assumption for group in REGISTER.groups if group.grade == "E")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"members": ["a.b"]}, "two or more"),
        ({"members": ["a.b", "a.b"]}, "two or more"),
        ({"members": ["a.b", "a.x"]}, "no parameter"),
        ({"rank_correlation": 0.0}, "above 0"),
        ({"rank_correlation": 1.1}, "above 0"),
        ({"rank_correlation": "high"}, "above 0"),
        ({"rank_corelation": 0.5}, "unknown key"),
        ({"title": ""}, "title is missing"),
        ({"grade": "F"}, "unknown grade"),
        ({"assumption": False}, "marked as an assumption"),
        ({"evidence": ["Z01"]}, "unknown id"),
    ],
)
def test_broken_groups_are_refused_with_file_and_line(change, message):
    with pytest.raises(InputErrors, match=message) as caught:
        read([GROUP | change], "a.b", "a.c")
    assert "r.toml:3" in str(caught.value)


def test_conflicts_between_groups_are_refused():
    with pytest.raises(InputErrors, match="two groups"):
        read([GROUP, GROUP | {"name": "other", "members": ["a.c", "a.d"]}], "a.b", "a.c", "a.d")
    with pytest.raises(InputErrors, match="given twice"):
        read([GROUP, GROUP], "a.b", "a.c")
    fixed = ENTRY | {"name": "a.c", "distribution": "fixed"}
    text = toml(ENTRY, fixed) + toml(GROUP).replace("[[parameter]]", "[[group]]")
    with pytest.raises(InputErrors, match="no distribution"):
        Register.from_texts({"r.toml": text})


def test_a_group_counts_in_the_hash_by_its_active_members():
    plain, grouped = read([], "a.b", "a.c"), read([GROUP], "a.b", "a.c")
    assert plain.hash != grouped.hash
    assert grouped.hash != read([GROUP | {"rank_correlation": 0.5}], "a.b", "a.c").hash
    asleep = {"status": "inactive", "why": "Read by policy/iho.py once built."}
    sleeping = toml(ENTRY, ENTRY | {"name": "a.c"} | asleep, ENTRY | {"name": "a.d"} | asleep)
    group = toml(GROUP | {"members": ["a.c", "a.d"]}).replace("[[parameter]]", "[[group]]")
    assert Register.from_texts({"r.toml": sleeping + group}).hash == Register.from_texts({"r.toml": toml(ENTRY)}).hash
