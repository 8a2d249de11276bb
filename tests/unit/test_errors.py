"""Errors: readable messages, nearest matches, travel between processes."""

import pickle

import pytest

from aft_sim.basis.errors import AftSimError, CheckFailed, InputError, InputErrors, did_you_mean, nearest

pytestmark = pytest.mark.unit


def test_message_holds_all_parts_in_order():
    error = InputError(
        "unknown key", where="a.toml:3", found="tilte", expected="title, name", hint='Did you mean "title"?'
    )
    assert str(error) == ("a.toml:3: unknown key: found 'tilte'; expected title, name. Did you mean \"title\"?")


def test_message_with_only_a_sentence():
    assert str(AftSimError("nothing works")) == "nothing works"


def test_found_falsy_values_are_shown():
    assert "found 0" in str(InputError("too small", found=0))
    assert "found ''" in str(InputError("empty", found=""))


@pytest.mark.parametrize("kind", [AftSimError, InputError, CheckFailed])
def test_errors_survive_pickling(kind):
    error = kind("what", where="f:1", found=[1], expected="two", hint="Try two.")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert str(copy) == str(error)
    assert copy.found == [1]


def test_many_problems_in_one():
    problems = [InputError("one", where="f:1"), InputError("two", where="f:2")]
    both = InputErrors(problems, "f")
    assert both.problems == tuple(problems)
    assert str(both).splitlines() == ["2 problems in f:", "  f:1: one", "  f:2: two"]
    copy = pickle.loads(pickle.dumps(both))
    assert str(copy) == str(both)
    assert isinstance(copy.problems[0], InputError)


def test_one_problem_reads_like_itself():
    assert str(InputErrors([InputError("one", where="f:1")], "f")) == "f:1: one"


def test_no_problem_is_not_an_error():
    with pytest.raises(ValueError, match="at least one"):
        InputErrors([])


@pytest.mark.parametrize(
    ("word", "options", "first"),
    [
        ("tilte", ["title", "name", "question"], "title"),
        ("aproval", ["approval", "reinvest"], "approval"),
        ("REINVEST", ["approval", "reinvest"], "reinvest"),
        ("share_of_starts", ["removals.share_of_starts", "removals.closure"], "removals.share_of_starts"),
        ("segment-1", ["segment-1-acute", "first-wave"], "segment-1-acute"),
    ],
)
def test_nearest_finds(word, options, first):
    assert nearest(word, options)[0] == first


def test_nearest_is_bounded_and_may_be_empty():
    assert nearest("xyzzy", ["approval", "reinvest"]) == []
    assert nearest("", ["approval"]) == []
    assert len(nearest("name", ["name1", "name2", "name3", "name4"], n=2)) == 2


def test_hint_texts():
    assert did_you_mean("tilte", ["title"]) == 'Did you mean "title"?'
    assert did_you_mean("name", ["name1", "name2"]) == 'Did you mean "name1" or "name2"?'
    assert did_you_mean("xyzzy", ["title"]) is None
