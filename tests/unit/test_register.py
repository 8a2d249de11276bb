"""The register: every parameter is complete, sourced or assumed, and refuses bad values."""

import math
import subprocess
import sys

import numpy as np
import pytest

from aft_sim.basis.errors import InputError, InputErrors
from aft_sim.basis.streams import Streams, words
from aft_sim.spec.priors import FORMS, Prior, read_prior
from aft_sim.spec.register import BASES, GRADES, Register, UnknownParameter

pytestmark = pytest.mark.unit

REGISTER = Register.load()
ALL = [pytest.param(parameter, id=name) for name, parameter in REGISTER.items()]
NUMBERS = [pytest.param(p, id=n) for n, p in REGISTER.items() if p.kind == "number"]
DRAWN = [pytest.param(p, id=n) for n, p in REGISTER.items() if p.prior.form != "fixed"]

ENTRY = {
    "name": "a.b",
    "title": "A thing",
    "unit": "months",
    "default": 6.0,
    "low": 3.0,
    "high": 12.0,
    "distribution": {"form": "lognormal", "median": 6.0, "sigma": 0.35},
    "mechanism": "capital",
    "evidence": ["B06"],
    "source": "none found",
    "grade": "E",
    "basis": "J",
    "assumption": True,
    "description": "For tests.",
}


def toml(*entries):
    """Write entries as a table of the register."""

    def value(v):
        if isinstance(v, bool):
            return str(v).lower()
        if isinstance(v, dict):
            return "{" + ", ".join(f"{k} = {value(w)}" for k, w in v.items()) + "}"
        if isinstance(v, list):
            return "[" + ", ".join(value(w) for w in v) + "]"
        return repr(v) if isinstance(v, int | float) else f'"{v}"'

    return "\n".join(
        "[[parameter]]\n" + "".join(f"{k} = {value(v)}\n" for k, v in entry.items() if v is not ...)
        for entry in entries
    )


def read(*entries):
    return Register.from_texts({"r.toml": toml(*entries)})


@pytest.mark.parametrize("parameter", ALL)
def test_entry_is_complete(parameter):
    assert parameter.grade in GRADES
    assert parameter.basis in BASES
    for text in (parameter.title, parameter.source, parameter.description, parameter.mechanism):
        assert text.strip() == text
        assert text
    assert parameter.check(parameter.default) == parameter.default
    assert parameter.active or parameter.why_inactive


@pytest.mark.parametrize("parameter", ALL)
def test_every_parameter_is_sourced_or_an_assumption(parameter):
    assert parameter.assumption or "none found" not in parameter.source
    if parameter.grade == "E" or parameter.basis == "J":
        assert parameter.assumption


@pytest.mark.parametrize("parameter", NUMBERS)
def test_every_number_refuses_values_out_of_range(parameter):
    step = 1e-6 * max(1.0, abs(parameter.minimum), abs(parameter.maximum))
    for bad in (parameter.minimum - step, parameter.maximum + step, 1e300, -1e300):
        with pytest.raises(InputError, match="out of range") as caught:
            parameter.check(bad, "s.toml:9")
        assert parameter.name in str(caught.value)
        assert parameter.describe(parameter.minimum) in str(caught.value)
        assert str(caught.value).startswith("s.toml:9: ")
    assert parameter.check(parameter.minimum) == parameter.minimum
    assert parameter.check(parameter.maximum) == parameter.maximum


@pytest.mark.parametrize("parameter", ALL)
def test_every_parameter_refuses_other_types(parameter):
    bad = [None, [1.0], {}, math.nan, math.inf, "nonsense"]
    for value in bad + ([] if parameter.kind == "switch" else [True]):
        with pytest.raises(InputError):
            parameter.check(value)


@pytest.mark.parametrize("parameter", NUMBERS)
def test_every_number_refuses_a_wrong_unit(parameter):
    wrong = "3 months" if parameter.unit not in ("days", "weeks", "months", "years") else "GBP 3m"
    with pytest.raises(InputError, match="wrong unit"):
        parameter.check(wrong)


@pytest.mark.parametrize("parameter", NUMBERS)
def test_described_values_read_back(parameter):
    for value in (parameter.default, parameter.low, parameter.high):
        assert parameter.check(parameter.describe(value)) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("parameter", NUMBERS)
def test_range_is_ordered(parameter):
    assert parameter.minimum <= parameter.low <= parameter.default <= parameter.high <= parameter.maximum


@pytest.mark.parametrize("parameter", DRAWN)
def test_prior_is_monotone_inside_its_range_and_centred(parameter):
    grid = np.linspace(0.0005, 0.9995, 200)
    values = np.array([parameter.quantile(u) for u in grid.tolist()])
    assert np.all(np.diff(values) >= 0.0)
    assert np.all((values >= parameter.minimum) & (values <= parameter.maximum))
    assert parameter.low <= parameter.quantile(0.5) <= parameter.high
    # The plausible range holds at least three quarters of the prior and is not far wider than it.
    assert np.mean((values >= parameter.low) & (values <= parameter.high)) > 0.75
    assert values[-1] - values[0] > 0.5 * (parameter.high - parameter.low)


def test_known_figures():
    expected = {
        "removals.share_of_starts": 0.144,
        "production.staff_elasticity": 0.25,
        "access.gap_over_52": 1.15,
        "capital.approval_months.ordinary": 18.0,
        "capital.approval_months.aft": 6.0,
        "capital.hub_effect": 21.9,
        "compare.band_england": 0.1,
        "referrals.level": 1.0,
    }
    assert {name: REGISTER.number(name) for name in expected} == expected
    assert REGISTER["removals.closure"].options == ("fitted", "starts", "list", "mixed")
    assert REGISTER["production.level"].per_trust
    assert not REGISTER["production.growth"].per_trust


def test_shares_of_ordinary_capital_sum_to_one():
    parts = [p.default for n, p in REGISTER.items() if n.startswith("capital.split.")]
    assert len(parts) == 4
    assert sum(parts) == pytest.approx(1.0, abs=1e-12)


def test_capital_limit_grows_as_published():
    assert 13.6 * (1 + REGISTER.number("capital.limit_growth") / 100) ** 4 == pytest.approx(14.6, abs=0.05)


def test_unknown_names_give_the_nearest():
    with pytest.raises(UnknownParameter, match=r'"capital\.approval_months\.aft"'):
        REGISTER["capital.aproval_months.aft"]
    with pytest.raises(InputError, match=r"s\.toml:2"):
        REGISTER.get_checked("xyzzy", "s.toml:2")
    assert REGISTER.get("xyzzy") is None
    assert "xyzzy" not in REGISTER


def test_inactive_parameters_are_refused_with_the_reason():
    register = read(ENTRY | {"status": "inactive", "why": "Read by mechanisms/workforce.py once staff move."})
    assert register["a.b"].awaits == "mechanisms/workforce.py"
    with pytest.raises(InputError, match=r"not active.*Read by mechanisms/workforce\.py"):
        register.accept("a.b", 6.0, "s.toml:4")


def test_choice_and_switch():
    register = read(
        ENTRY
        | {"kind": "choice", "unit": "option", "options": ["starts", "list"], "default": "starts"}
        | {"low": ..., "high": ..., "distribution": "fixed"},
        ENTRY
        | {"name": "a.c", "kind": "switch", "unit": "switch", "default": False}
        | {"low": ..., "high": ..., "distribution": "fixed"},
    )
    choice, switch = register["a.b"], register["a.c"]
    assert choice.check("list") == "list"
    assert choice.quantile(0.1) == "starts"
    with pytest.raises(InputError, match=r'"starts" or "list".*Did you mean "list"'):
        choice.check("lst")
    assert switch.check(True) is True
    assert switch.describe() == "false"
    for bad in (1, "true", 0.0):
        with pytest.raises(InputError, match="true or false"):
            switch.check(bad)
    with pytest.raises(InputError, match="not a number"):
        register.number("a.b")
    assert register.defaults() == {"a.b": "starts", "a.c": False}


def test_defaults_are_a_fresh_plain_dictionary():
    first = REGISTER.defaults()
    assert type(first) is dict
    assert all(type(value) in (float, str, bool) for value in first.values())
    first.clear()
    assert len(REGISTER.defaults()) == len(REGISTER)


def test_draws_depend_on_draw_and_name_only():
    one, other = REGISTER.draw(Streams(1, 5)), REGISTER.draw(Streams(2, 5))
    assert one == other
    assert one != REGISTER.draw(Streams(1, 6))
    u = float(Streams(1, 5).params("parameter", 0, words(["production.growth"]))[0])
    assert one["production.growth"] == REGISTER["production.growth"].quantile(u)
    some = REGISTER.draw(Streams(1, 5), ["production.growth"])
    assert some == REGISTER.defaults() | {"production.growth": one["production.growth"]}
    assert REGISTER.draw(Streams(1, 5), []) == REGISTER.defaults()


def test_draws_scatter_as_the_prior():
    values = np.array([REGISTER.draw(Streams(0, d))["capital.hub_effect"] for d in range(400)])
    assert values.mean() == pytest.approx(21.9, abs=1.0)
    assert values.std() == pytest.approx(5.2, abs=0.6)


def test_must_vary():
    assert REGISTER["removals.closure"].must_vary
    assert REGISTER["capital.approval_months.aft"].must_vary
    assert not REGISTER["choice.elasticity"].must_vary
    assert not REGISTER["compare.band_england"].must_vary
    assert REGISTER["programme.propensity"].must_vary
    assert not REGISTER["workforce.agency_premium"].must_vary


def test_hash_follows_figures_not_words():
    plain = read(ENTRY).hash
    assert read(ENTRY | {"description": "Other words.", "source": "elsewhere"}).hash == plain
    assert read(ENTRY | {"default": 7.0}).hash != plain
    assert read(ENTRY | {"maximum": 60.0}).hash != plain
    other = ENTRY | {"name": "a.z"}
    assert read(ENTRY, other).hash == read(other, ENTRY).hash


def test_hash_ignores_what_nothing_reads():
    asleep = {"name": "a.z", "status": "inactive", "why": "Read by policy/iho.py once built."}
    assert read(ENTRY, ENTRY | asleep).hash == read(ENTRY).hash
    assert read(ENTRY, ENTRY | {"name": "a.z"}).hash != read(ENTRY).hash


def test_history_and_notes():
    revised = "[[parameter]]\n" + toml(ENTRY).removeprefix("[[parameter]]\n")
    revised += 'history = [{date = 2026-03-01, was = 5, why = "first guess"}, '
    revised += '{date = 2026-09-01, was = 5.5, why = "read"}]\n'
    parameter = Register.from_texts({"r.toml": revised})["a.b"]
    assert [(r.day.isoformat(), r.was, r.why) for r in parameter.history] == [
        ("2026-03-01", 5.0, "first guess"),
        ("2026-09-01", 5.5, "read"),
    ]
    with pytest.raises(InputErrors, match="order of their dates"):
        Register.from_texts({"r.toml": revised.replace("2026-09-01", "2025-09-01")})
    assert read(ENTRY)["a.b"].history == ()
    entry = read(ENTRY | {"note": "As row B06.", "locator": ["https://example.org/a", "doi:10.1/x"]})["a.b"]
    assert (entry.note, entry.locators) == ("As row B06.", ("https://example.org/a", "doi:10.1/x"))


def test_loading_is_quick_and_needs_no_numbers_library():
    code = (
        "import sys, time; from aft_sim.spec.register import Register; t = time.process_time(); "
        "Register.load(); print(time.process_time() - t, [m for m in ('numpy', 'scipy') if m in sys.modules])"
    )
    found = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True) for _ in range(3)]
    seconds, loaded = zip(*(done.stdout.split(maxsplit=1) for done in found), strict=True)
    assert min(map(float, seconds)) < 0.1  # measured 0.02 to 0.04
    assert {text.strip() for text in loaded} == {"[]"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "A B"}, "lower-case"),
        ({"name": "single"}, "dots"),
        ({"title": " "}, "title is missing"),
        ({"source": ...}, "source is missing"),
        ({"unit": "moons"}, "unknown unit"),
        ({"grade": "F"}, "unknown grade"),
        ({"basis": "X"}, "unknown basis"),
        ({"default": 20.0}, "out of order"),
        ({"minimum": 4.0}, "out of order"),
        ({"low": ...}, "low is not a number"),
        ({"default": "six"}, "default is not a number"),
        ({"evidence": ["Z99"]}, "evidence"),
        ({"evidence": "B06"}, "evidence"),
        ({"assumption": False}, "assumption"),
        ({"assumption": ...}, "assumption"),
        ({"status": "inactive"}, "why"),
        ({"status": "inactive", "why": "Not yet."}, "names no module"),
        ({"why": "Because."}, "status is active"),
        ({"evidence": ["S21"]}, "unknown id of evidence"),
        ({"evidence": ["A1"]}, "unknown id of evidence"),
        ({"evidence": ["J17"]}, "unknown id of evidence"),
        ({"evidence": ["B06", "B06"]}, "each once"),
        ({"locator": ["somewhere"]}, "web addresses"),
        ({"locator": "https://example.org"}, "web addresses"),
        ({"note": ""}, "note is a text"),
        ({"replace_with": 3}, "replace_with is a text"),
        ({"history": [{"was": 5.0, "why": "x"}]}, "date, was and why"),
        ({"history": [{"date": "soon", "was": 5.0, "why": "x"}]}, "date, was and why"),
        ({"status": "asleep"}, "status"),
        ({"kind": "vector"}, "unknown kind"),
        ({"distributon": "fixed"}, 'Did you mean "distribution"'),
        ({"distribution": ...}, "unknown distribution"),
        ({"distribution": "triangular"}, "unknown distribution"),
        ({"distribution": {"form": "cauchy", "x": 1}}, "unknown distribution"),
        ({"distribution": {"form": "normal", "mean": 6}}, "wrong arguments"),
        ({"distribution": {"form": "normal", "mean": 6, "sd": "x"}}, "wrong arguments"),
        ({"distribution": {"form": "normal", "mean": 6, "sd": 0}}, "impossible"),
        ({"distribution": {"form": "triangular", "low": 6, "mode": 3, "high": 12}}, "impossible"),
        ({"distribution": {"form": "uniform", "low": 100, "high": 200}}, "outside the allowed range"),
        ({"drawn_with": "a.x"}, "unknown key"),
        ({"kind": "choice", "options": ["x"]}, "default is not allowed"),
        ({"kind": "switch", "default": True}, "fixed"),
    ],
)
def test_broken_entries_are_refused_with_file_and_line(change, words):
    with pytest.raises(InputErrors, match=words) as caught:
        read(ENTRY | change)
    assert "r.toml:1" in str(caught.value)


def test_all_broken_entries_are_reported():
    with pytest.raises(InputErrors) as caught:
        Register.from_texts(
            {
                "one.toml": toml(ENTRY | {"grade": "F"}, ENTRY, ENTRY) + "\n[extra]\n",
                "two.toml": toml(ENTRY | {"name": "a.b.c"}),
            }
        )
    texts = [str(problem) for problem in caught.value.problems]
    assert len(texts) == 4
    assert any("given twice" in text for text in texts)
    assert any("begins with another name" in text for text in texts)
    assert any("unknown table" in text for text in texts)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("normal", {"mean": 1.0, "sd": 0.5}),
        ("lognormal", {"median": 2.0, "sigma": 0.4}),
        ("beta", {"a": 2.0, "b": 3.7}),
        ("gamma", {"shape": 4.0, "scale": 0.5}),
        ("triangular", {"low": 0.0, "mode": 1.0, "high": 4.0}),
        ("uniform", {"low": -1.0, "high": 3.0}),
    ],
)
def test_quantile_and_cdf_are_inverse(name, arguments):
    form = FORMS[name]
    for u in np.linspace(0.01, 0.99, 41).tolist():
        assert form.cdf(form.quantile(u, arguments), arguments) == pytest.approx(u, abs=1e-9)


def test_cut_prior_has_no_heap_at_its_ends():
    prior = Prior("normal", {"mean": 0.0, "sd": 1.0}, -1.0, 1.0)
    values = [prior.quantile(u) for u in np.linspace(0.001, 0.999, 999).tolist()]
    assert len(set(values)) == 999
    assert prior.quantile(0.5) == pytest.approx(0.0, abs=1e-12)


def test_other_arguments_of_a_form():
    prior = read_prior({"form": "lognormal", "mean": 24.0, "cv": 0.5}, 24.0, 0.0, 1e6, "x")
    values = np.array([prior.quantile(u) for u in ((np.arange(20000) + 0.5) / 20000).tolist()])
    assert values.mean() == pytest.approx(24.0, rel=0.01)
    assert values.std() / values.mean() == pytest.approx(0.5, rel=0.02)
    prior = read_prior({"form": "beta", "mean": 0.5, "sd": 0.045}, 0.5, 0.0, 1.0, "x")
    assert prior.arguments["a"] == pytest.approx(prior.arguments["b"])
    values = np.array([prior.quantile(u) for u in ((np.arange(5000) + 0.5) / 5000).tolist()])
    assert (values.mean(), values.std()) == (pytest.approx(0.5), pytest.approx(0.045, rel=0.01))
    for bad in (
        {"form": "lognormal", "mean": -1.0, "cv": 0.5},
        {"form": "beta", "mean": 0.5, "sd": 0.6},
        {"form": "beta", "mean": 1.0, "sd": 0.1},
    ):
        with pytest.raises(InputError, match="impossible"):
            read_prior(bad, 0.5, 0.0, 1.0, "x")
    with pytest.raises(InputError, match="wrong arguments"):
        read_prior({"form": "beta", "mean": 0.5, "b": 2.0}, 0.5, 0.0, 1.0, "x")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("normal", {"mean": 1.0, "sd": 0.5}),
        ("lognormal", {"median": 2.0, "sigma": 0.4}),
        ("beta", {"a": 2.0, "b": 3.7}),
        ("gamma", {"shape": 4.0, "scale": 0.5}),
        ("triangular", {"low": 0.0, "mode": 1.0, "high": 4.0}),
        ("uniform", {"low": -1.0, "high": 3.0}),
    ],
)
def test_moments_are_those_of_the_quantiles(name, arguments):
    form = FORMS[name]
    values = np.array([form.quantile(u, arguments) for u in ((np.arange(20000) + 0.5) / 20000).tolist()])
    mean, sd = form.moments(arguments)
    assert (mean, sd) == (pytest.approx(values.mean(), rel=0.01), pytest.approx(values.std(), rel=0.01))


def test_prior_descriptions():
    prior = read_prior({"form": "triangular", "low": 1.5, "mode": 2.2, "high": 3.0}, 2.2, 0.0, 5.0, "x")
    assert prior.describe() == "triangular(low 1.5, mode 2.2, high 3)"
    assert read_prior("fixed", 2.0, 0.0, 5.0, "x").describe() == "fixed"
    assert read_prior("fixed", 2.0, 0.0, 5.0, "x").quantile(0.9) == 2.0
