"""Experiment files: which scenarios are run over which seeds and which worlds of parameters, and what is kept.

Read like scenario files: all mistakes in one pass, each with file and line, what was found and what is allowed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from aft_sim.basis.errors import InputError, InputErrors, did_you_mean
from aft_sim.spec.files import Layer, read_layer, shipped_experiments
from aft_sim.spec.layers import NAME_RULE, is_name
from aft_sim.spec.levers import Refused, levers, read_day
from aft_sim.spec.register import Register
from aft_sim.spec.scenario import Scenario, load_scenario

SCHEMA = 1
Strings = Annotated[tuple[str, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
Values = Annotated[tuple[Any, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
Seeds = Annotated[int | tuple[int, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
Day = Annotated[date, BeforeValidator(read_day)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Uncertainty(_Table):
    """`[uncertainty]`: how the doubtful figures of the register are treated."""

    kind: Literal["fixed", "priors"] = "fixed"
    draws: int = Field(default=1, ge=1, le=10_000)
    parameters: Strings = ()
    fixed: Strings = ()


class Factor(_Table):
    """`[[factor]]`: one thing that is varied on purpose.

    A parameter is varied in both arms of every comparison, because nobody decides it; a lever in the scenarios only,
    not in the one they are compared with.
    """

    parameter: str | None = None
    lever: str | None = None
    values: Values = ()
    labels: Strings = ()
    low: float | str | None = None
    high: float | str | None = None

    @property
    def path(self) -> str:
        """What is varied."""
        return self.parameter or self.lever or ""


class Keep(_Table):
    """`[keep]`: which results tables are stored of each run, and which outcomes of those below England's."""

    levels: Strings = ()
    outcomes: Strings = ()


class Stop(_Table):
    """`[stop]`: run more seeds until a paired difference is known well enough."""

    policy: str
    outcome: str = "within_18_share"
    at: str = "2029-03"
    error: float = Field(gt=0)
    most: int = Field(default=200, ge=2)


class _File(_Table):
    schema_: int = Field(alias="schema")
    name: str
    title: str
    question: str = ""
    scenarios: Strings
    versus: str
    seeds: Seeds = 20
    until: Day = date(2036, 3, 31)
    design: Literal["paired", "factorial", "latin_hypercube"] = "paired"
    engine: Literal["processes", "in_process"] = "processes"
    uncertainty: Uncertainty = Uncertainty()
    factor: Annotated[tuple[Factor, ...], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] = ()
    keep: Keep = Keep()
    stop: Stop | None = None
    frozen_selection: bool = False


@dataclass(frozen=True)
class Experiment:
    """An experiment, checked.

    Attributes:
        name: short name.
        title: one line for readers.
        question: what it asks.
        scenarios: the scenarios whose effect is asked for.
        versus: the scenario they are compared with.
        seeds: the seeds.
        until: last day of the runs.
        design: how factors are combined.
        engine: where runs are executed.
        uncertainty: how parameters are drawn.
        factors: what is varied on purpose.
        levels: results tables to store; all if empty.
        outcomes: outcomes to store of the tables below England's; all if empty.
        stop: when to stop adding seeds; None where the seeds are fixed.
        frozen_selection: whether the designations of every scenario by rules are given again without freedoms.
        text: the file as it stands, for the record.
        file: its path, as shown to the user.
        layer: the file as read, with the line of every key.
    """

    name: str
    title: str
    question: str
    scenarios: tuple[Scenario, ...]
    versus: Scenario
    seeds: tuple[int, ...]
    until: date
    design: str
    engine: str
    uncertainty: Uncertainty
    factors: tuple[Factor, ...]
    levels: tuple[str, ...]
    outcomes: tuple[str, ...]
    stop: Stop | None
    frozen_selection: bool
    text: str
    file: str
    layer: Layer

    @property
    def hash(self) -> str:
        """SHA-256 of what is asked: two files with the same hash ask for the same runs."""
        content = {
            "scenarios": [[s.name, s.hash] for s in (*self.scenarios, self.versus)],
            "seeds": self.seeds,
            "until": self.until.isoformat(),
            "design": self.design,
            "uncertainty": self.uncertainty.model_dump(),
            "factors": [factor.model_dump() for factor in self.factors],
            "levels": sorted(self.levels),
            "outcomes": sorted(self.outcomes),
            "stop": self.stop.model_dump() if self.stop else None,
            "frozen_selection": self.frozen_selection,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def load_experiment(reference: str | Path, *, register: Register | None = None) -> Experiment:
    """Read an experiment.

    Args:
        reference: name of a shipped experiment ("quick"), or a path that ends in .toml or contains a separator.
            Scenarios in the file are shipped names, or paths from the file's folder.
        register: another register than the shipped one.

    Raises:
        InputErrors: everything that is wrong in the file and in the scenarios it names.
    """
    known = register or Register.load()
    path = _find(reference)
    try:
        layer = read_layer(path)
    except InputError as error:
        raise InputErrors([error]) from None
    problems = list(_schema_problems(layer))
    file, table = None, dict(layer.table)
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        problems += [_problem(layer, dict(detail)) for detail in error.errors(include_url=False)]
    scenarios, versus = _scenarios(layer, path, problems, known)
    if file is not None:
        problems += _checks(file, layer, known)
    if problems or file is None or versus is None:
        raise InputErrors(sorted(problems, key=_line), str(reference))
    seeds = tuple(range(1, file.seeds + 1)) if isinstance(file.seeds, int) else file.seeds
    return Experiment(
        name=file.name,
        title=file.title,
        question=file.question,
        scenarios=tuple(scenarios),
        versus=versus,
        seeds=seeds,
        until=file.until,
        design=file.design,
        engine=file.engine,
        uncertainty=file.uncertainty,
        factors=file.factor,
        levels=file.keep.levels,
        outcomes=file.keep.outcomes,
        stop=file.stop,
        frozen_selection=file.frozen_selection,
        text=path.read_text(encoding="utf-8-sig"),
        file=layer.file,
        layer=layer,
    )


def _find(reference: str | Path) -> Path:
    text = str(reference)
    if isinstance(reference, Path) or text.endswith(".toml") or "/" in text or "\\" in text:
        path = Path(text).expanduser()
        if path.is_file():
            return path
        what = "this is a folder, not an experiment file" if path.is_dir() else "there is no such experiment file"
        beside = [p.name for p in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        hint = did_you_mean(path.name, beside) or did_you_mean(path.stem, shipped_experiments())
        raise InputErrors([InputError(what, found=text, hint=hint)])
    shipped = shipped_experiments()
    if text not in shipped:
        expected = "a file that ends in .toml, or one of " + ", ".join(shipped)
        problem = InputError(
            "there is no experiment of this name", found=text, expected=expected, hint=did_you_mean(text, shipped)
        )
        raise InputErrors([problem])
    return shipped[text]


def _line(problem: InputError) -> int:
    digits = (problem.where or "").rpartition(":")[2]
    return int(digits) if digits.isdigit() else 0


def _schema_problems(layer: Layer) -> Iterator[InputError]:
    version = layer.table.get("schema")
    if isinstance(version, int) and not isinstance(version, bool) and version != SCHEMA:
        newer = "the file is written for a newer aft-sim" if version > SCHEMA else "there is no such file format"
        yield InputError(newer, where=layer.place("schema"), found=f"schema = {version}", expected=f"schema = {SCHEMA}")


_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "tuple_type": "a list",
    "model_type": "a table",
    "missing": "a value",
}


def _problem(layer: Layer, detail: Mapping[str, Any]) -> InputError:
    """One finding of the schema in the words of the file."""
    path = tuple(part for part in detail["loc"] if part not in ("int", "tuple[int, ...]"))
    dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
    where, kind, context = layer.place(*path), detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return InputError(f"an experiment needs {dotted}", where=layer.place(*path[:-1]) if len(path) > 1 else where)
    if kind == "extra_forbidden":
        options = _keys(path[:-1])
        key = str(path[-1])
        place = f" in {dotted.rpartition('.')[0]}" if len(path) > 1 else ""
        return InputError(
            f"unknown key{place}",
            where=where,
            found=key,
            expected=", ".join(options),
            hint=did_you_mean(key, options),
        )
    if isinstance(context.get("error"), Refused):
        problem = context["error"].problem
        return InputError(f"{dotted}: {problem.what}", where=where, found=problem.found, expected=problem.expected)
    expected = _TYPES.get(kind, str(detail["msg"]).lower())
    bounds = {"ge": "at least", "le": "at most", "gt": "more than"}
    expected = next((f"{words} {context[b]}" for b, words in bounds.items() if b in context), expected)
    hint = None
    if kind == "literal_error":
        options = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        expected, hint = " or ".join(f'"{o}"' for o in options), did_you_mean(str(detail["input"]), options)
    return InputError(f"{dotted} has a wrong value", where=where, found=detail["input"], expected=expected, hint=hint)


def _keys(path: tuple[str | int, ...]) -> list[str]:
    models: dict[str, type[BaseModel]] = {"uncertainty": Uncertainty, "factor": Factor, "keep": Keep, "stop": Stop}
    model = models.get(str(path[0]), _File) if path else _File
    return [info.alias or name for name, info in model.model_fields.items()]


def _scenarios(
    layer: Layer, path: Path, problems: list[InputError], register: Register
) -> tuple[list[Scenario], Scenario | None]:
    """Load every scenario the file names; mistakes in them are mistakes of the experiment."""
    found: list[Scenario] = []

    def load(name: object, *keys: str | int) -> Scenario | None:
        if not isinstance(name, str):
            return None
        reference = str(path.parent / name) if name.endswith(".toml") else name
        try:
            return load_scenario(reference, register=register)
        except InputErrors as error:
            for problem in error.problems:
                if problem.where is None:  # the name itself
                    problem = InputError(
                        problem.what,
                        where=layer.place(*keys),
                        found=problem.found,
                        expected=problem.expected,
                        hint=problem.hint,
                    )
                problems.append(problem)
            return None

    names = layer.table.get("scenarios", [])
    for index, name in enumerate(names if isinstance(names, list) else []):
        scenario = load(name, "scenarios", index)
        if scenario is not None and scenario.name in [one.name for one in found]:
            problems.append(InputError("a scenario is named twice", where=layer.place("scenarios", index), found=name))
        elif scenario is not None:
            found.append(scenario)
    versus = load(layer.table.get("versus"), "versus")
    if versus is not None and versus.name in [one.name for one in found]:
        problems.append(
            InputError("a scenario cannot be compared with itself", where=layer.place("versus"), found=versus.name)
        )
    return found, versus


def _checks(file: _File, layer: Layer, register: Register) -> Iterator[InputError]:
    """What no single value shows."""
    from aft_sim.spec.draws import drawable

    if not is_name(file.name):
        yield InputError("an experiment needs a name", where=layer.place("name"), found=file.name, expected=NAME_RULE)
    if not file.scenarios:
        yield InputError("no scenario to run", where=layer.place("scenarios"), expected="at least one")
    seeds = file.seeds
    wrong = seeds < 1 if isinstance(seeds, int) else not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0
    if wrong:
        expected = "how many (1 or more), or a list of different seeds"
        yield InputError("seeds has a wrong value", where=layer.place("seeds"), found=seeds, expected=expected)
    options = drawable(register)
    for key in ("parameters", "fixed"):
        for index, name in enumerate(getattr(file.uncertainty, key)):
            if name not in options:
                yield InputError(
                    "no parameter with a distribution has this name",
                    where=layer.place("uncertainty", key, index),
                    found=name,
                    hint=did_you_mean(name, options),
                )
    if file.uncertainty.kind == "fixed" and file.design != "latin_hypercube" and file.uncertainty.draws > 1:
        yield InputError(
            "draws of fixed parameters are all the same",
            where=layer.place("uncertainty", "draws"),
            found=file.uncertainty.draws,
            expected='kind = "priors", or design = "latin_hypercube"',
        )
    if file.design == "paired" and file.factor:
        yield InputError(
            "a paired design has no factors",
            where=layer.place("factor", 0),
            expected='design = "factorial" or "latin_hypercube"',
        )
    if file.design != "paired" and not file.factor:
        yield InputError(f"a {file.design} design needs factors", where=layer.place("design"), expected="[[factor]]")
    for index, factor in enumerate(file.factor):
        yield from _factor_problems(factor, index, file.design, layer, register)
    if file.frozen_selection and file.keep.levels and "events" not in file.keep.levels:
        yield InputError(
            "designations are read from the events of a run",
            where=layer.place("frozen_selection"),
            found=list(file.keep.levels),
            expected='"events" among keep.levels',
        )
    if file.stop is not None and file.design != "paired":
        yield InputError("only a paired design can stop by itself", where=layer.place("stop"))


def _factor_problems(factor: Factor, index: int, design: str, layer: Layer, register: Register) -> Iterator[InputError]:
    place = layer.place("factor", index)
    if (factor.parameter is None) == (factor.lever is None):
        yield InputError("a factor is a parameter or a lever", where=place, found=factor.path or None)
        return
    if design == "latin_hypercube":
        if factor.lever is not None or factor.values or factor.labels:
            expected = "a parameter with low and high, or neither for its distribution"
            yield InputError("a factor of a latin hypercube is a range", where=place, expected=expected)
            return
        try:
            parameter = register.get_checked(factor.path, layer.place("factor", index, "parameter"))
            ends = [register.accept(factor.path, v, place) for v in (factor.low, factor.high) if v is not None]
        except InputError as error:
            yield error
            return
        numeric = [end for end in ends if not isinstance(end, str | bool)]
        if parameter.kind != "number" or len(ends) == 1 or (len(numeric) == 2 and not numeric[0] < numeric[1]):
            yield InputError("a range needs low below high, of a number", where=place, found=factor.path)
        return
    if factor.low is not None or factor.high is not None:
        yield InputError("a factor of a factorial design has values, not a range", where=place)
    if len(factor.values) < 2:
        yield InputError("a factor needs two values or more", where=place, found=list(factor.values))
    if factor.labels and len(factor.labels) != len(factor.values):
        yield InputError("as many labels as values", where=layer.place("factor", index, "labels"), found=factor.labels)
    if any(not is_name(label) for label in factor.labels):
        yield InputError("a label is part of names", where=layer.place("factor", index, "labels"), expected=NAME_RULE)
    if factor.lever is not None and factor.lever not in levers():
        hint = did_you_mean(factor.lever, levers())
        yield InputError("no such lever", where=layer.place("factor", index, "lever"), found=factor.lever, hint=hint)
    if factor.parameter is not None:
        for number, value in enumerate(factor.values):
            try:
                register.accept(factor.parameter, value, layer.place("factor", index, "values", number))
            except InputError as error:
                yield error
