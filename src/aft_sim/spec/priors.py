"""Distributions of what is not known: quantile functions of one uniform.

Each form names its own arguments, so a table of parameters reads like the evidence it cites.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aft_sim.basis.errors import InputError, did_you_mean

# scipy.special is imported where a value is computed: reading the tables must not wait for it.

Function = Callable[[float, Mapping[str, float]], float]


@dataclass(frozen=True, slots=True)
class Form:
    """A family of distributions.

    Attributes:
        arguments: Names of its arguments, all required.
        quantile: Value at a probability.
        cdf: Probability up to a value.
        ok: Whether the arguments are possible.
        moments: Mean and standard deviation.
    """

    arguments: tuple[str, ...]
    quantile: Function
    cdf: Function
    ok: Callable[[Mapping[str, float]], bool]
    moments: Callable[[Mapping[str, float]], tuple[float, float]]


def _ndtri(u: float) -> float:
    from scipy import special

    return float(special.ndtri(u))


def _ndtr(x: float) -> float:
    from scipy import special

    return float(special.ndtr(x))


def _beta_quantile(u: float, a: Mapping[str, float]) -> float:
    from scipy import special

    return float(special.betaincinv(a["a"], a["b"], u))


def _beta_cdf(x: float, a: Mapping[str, float]) -> float:
    from scipy import special

    return float(special.betainc(a["a"], a["b"], _unit(x)))


def _gamma_quantile(u: float, a: Mapping[str, float]) -> float:
    from scipy import special

    return a["scale"] * float(special.gammaincinv(a["shape"], u))


def _gamma_cdf(x: float, a: Mapping[str, float]) -> float:
    from scipy import special

    return float(special.gammainc(a["shape"], max(x, 0.0) / a["scale"]))


def _lognormal_moments(a: Mapping[str, float]) -> tuple[float, float]:
    mean = a["median"] * math.exp(a["sigma"] ** 2 / 2.0)
    return mean, mean * math.sqrt(math.expm1(a["sigma"] ** 2))


def _beta_moments(a: Mapping[str, float]) -> tuple[float, float]:
    total = a["a"] + a["b"]
    return a["a"] / total, math.sqrt(a["a"] * a["b"] / (total + 1.0)) / total


def _triangular_moments(a: Mapping[str, float]) -> tuple[float, float]:
    low, mode, high = a["low"], a["mode"], a["high"]
    spread = low * low + mode * mode + high * high - low * mode - low * high - mode * high
    return (low + mode + high) / 3.0, math.sqrt(spread / 18.0)


def _triangular_quantile(u: float, a: Mapping[str, float]) -> float:
    low, mode, high = a["low"], a["mode"], a["high"]
    width = high - low
    if u * width <= mode - low:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1.0 - u) * width * (high - mode))


def _triangular_cdf(x: float, a: Mapping[str, float]) -> float:
    low, mode, high = a["low"], a["mode"], a["high"]
    if x <= low:
        return 0.0
    if x >= high:
        return 1.0
    if x <= mode:
        return (x - low) ** 2 / ((high - low) * (mode - low))
    return 1.0 - (high - x) ** 2 / ((high - low) * (high - mode))


def _unit(x: float) -> float:
    return min(max(x, 0.0), 1.0)


FORMS: Mapping[str, Form] = {
    "normal": Form(
        ("mean", "sd"),
        lambda u, a: a["mean"] + a["sd"] * _ndtri(u),
        lambda x, a: _ndtr((x - a["mean"]) / a["sd"]),
        lambda a: a["sd"] > 0,
        lambda a: (a["mean"], a["sd"]),
    ),
    "lognormal": Form(
        ("median", "sigma"),
        lambda u, a: a["median"] * math.exp(a["sigma"] * _ndtri(u)),
        lambda x, a: _ndtr(math.log(x / a["median"]) / a["sigma"]) if x > 0 else 0.0,
        lambda a: a["median"] > 0 and a["sigma"] > 0,
        _lognormal_moments,
    ),
    "beta": Form(
        ("a", "b"),
        _beta_quantile,
        _beta_cdf,
        lambda a: a["a"] > 0 and a["b"] > 0,
        _beta_moments,
    ),
    "gamma": Form(
        ("shape", "scale"),
        _gamma_quantile,
        _gamma_cdf,
        lambda a: a["shape"] > 0 and a["scale"] > 0,
        lambda a: (a["shape"] * a["scale"], math.sqrt(a["shape"]) * a["scale"]),
    ),
    "triangular": Form(
        ("low", "mode", "high"),
        _triangular_quantile,
        _triangular_cdf,
        lambda a: a["low"] <= a["mode"] <= a["high"] and a["low"] < a["high"],
        _triangular_moments,
    ),
    "uniform": Form(
        ("low", "high"),
        lambda u, a: a["low"] + u * (a["high"] - a["low"]),
        lambda x, a: _unit((x - a["low"]) / (a["high"] - a["low"])),
        lambda a: a["low"] < a["high"],
        lambda a: ((a["low"] + a["high"]) / 2.0, (a["high"] - a["low"]) / math.sqrt(12.0)),
    ),
}
"""Families by name; "fixed" is not among them, it has no spread."""


def _lognormal_from_mean(a: Mapping[str, float]) -> dict[str, float]:
    """Median and sigma of the lognormal with a mean and a coefficient of variation."""
    if not (a["mean"] > 0 and a["cv"] > 0):
        return {"median": math.nan, "sigma": math.nan}
    variance = math.log1p(a["cv"] ** 2)
    return {"median": a["mean"] * math.exp(-variance / 2.0), "sigma": math.sqrt(variance)}


def _beta_from_mean(a: Mapping[str, float]) -> dict[str, float]:
    """Shapes of the beta distribution with a mean and a standard deviation."""
    mean, sd = a["mean"], a["sd"]
    if not (0 < mean < 1 and sd > 0 and sd * sd < mean * (1 - mean)):
        return {"a": math.nan, "b": math.nan}
    total = mean * (1.0 - mean) / (sd * sd) - 1.0
    return {"a": mean * total, "b": (1.0 - mean) * total}


ALTERNATIVES: Mapping[str, tuple[tuple[str, ...], Callable[[Mapping[str, float]], dict[str, float]]]] = {
    "lognormal": (("mean", "cv"), _lognormal_from_mean),
    "beta": (("mean", "sd"), _beta_from_mean),
}
"""Other arguments a form may be given by, and how they become its own."""


@dataclass(frozen=True)
class Prior:
    """A distribution cut to an allowed range.

    Attributes:
        form: A key of `FORMS`, or "fixed".
        arguments: Arguments of the form; for "fixed" the one value.
        minimum: Lower end of the allowed range.
        maximum: Upper end of the allowed range.
    """

    form: str
    arguments: Mapping[str, float]
    minimum: float
    maximum: float

    def quantile(self, u: float) -> float:
        """Return the value at probability `u` (0 < u < 1) of the distribution inside its range.

        The tails outside the range are cut off and the rest is scaled up, so no value piles up at an end.
        """
        if self.form == "fixed":
            return self.arguments["value"]
        form = FORMS[self.form]
        below = form.cdf(self.minimum, self.arguments)
        within = form.cdf(self.maximum, self.arguments) - below
        value = form.quantile(below + u * within, self.arguments)
        return min(max(value, self.minimum), self.maximum)

    def describe(self) -> str:
        """Return for example "triangular(low 1.5, mode 2.2, high 3)"."""
        if self.form == "fixed":
            return "fixed"
        return f"{self.form}({', '.join(f'{k} {v:g}' for k, v in self.arguments.items())})"


def read_prior(entry: object, default: float, minimum: float, maximum: float, where: str) -> Prior:
    """Return the distribution a table entry describes.

    Args:
        entry: "fixed", or a table such as {form = "normal", mean = 0.4, sd = 0.1}.
        default: Value of a fixed parameter.
        minimum: Lower end of the allowed range.
        maximum: Upper end of the allowed range.
        where: Place to name in an error.

    Raises:
        InputError: Unknown form, missing or surplus arguments, impossible values, or no mass in the range.
    """
    if entry == "fixed":
        return Prior("fixed", {"value": default}, minimum, maximum)
    name = entry.get("form") if isinstance(entry, dict) else entry
    if not isinstance(entry, dict) or name not in FORMS:
        raise InputError(
            "unknown distribution",
            where=where,
            found=name,
            expected=f'"fixed" or a table with form = {", ".join(FORMS)}',
            hint=did_you_mean(str(name), [*FORMS, "fixed"]),
        )
    form = FORMS[str(name)]
    given = {key: value for key, value in entry.items() if key != "form"}
    numbers = {k: float(v) for k, v in given.items() if isinstance(v, int | float) and not isinstance(v, bool)}
    others, convert = ALTERNATIVES.get(str(name), ((), None))
    expected = f"{name} with {', '.join(form.arguments)}" + (f" or {', '.join(others)}" if others else "")
    if set(given) not in (set(form.arguments), set(others)) or len(numbers) != len(given):
        raise InputError("wrong arguments of a distribution", where=where, found=given, expected=expected)
    if convert and set(given) == set(others):
        numbers = convert(numbers)
    arguments = {key: numbers[key] for key in form.arguments}
    if not all(map(math.isfinite, arguments.values())) or not form.ok(arguments):
        raise InputError("impossible distribution", where=where, found=given, expected=expected)
    mean, sd = form.moments(arguments)
    # By Chebyshev's inequality 1.1 standard deviations around the mean hold more than a sixth.
    surely = minimum <= mean - 1.1 * sd and mean + 1.1 * sd <= maximum
    if not surely and not form.cdf(maximum, arguments) - form.cdf(minimum, arguments) > 0.05:
        raise InputError("almost all of the distribution lies outside the allowed range", where=where, found=given)
    return Prior(str(name), arguments, minimum, maximum)
