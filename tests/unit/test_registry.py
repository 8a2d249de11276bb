"""The outcome registry: every column known, derived outcomes by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from aft_sim.basis.errors import InputError
from aft_sim.outcomes import registry

pytestmark = pytest.mark.unit


def test_every_number_column_has_an_outcome():
    columns = {name for level in registry.LEVELS.values() for name in level.values} - {
        "value",
        "score",
        "unadjusted",
        "segment",
    }
    assert columns <= registry.OUTCOMES.keys()


def test_every_key_column_is_explained():
    assert {key for level in registry.LEVELS.values() for key in level.keys} <= registry.KEYS.keys()


@pytest.mark.parametrize("outcome", registry.OUTCOMES.values(), ids=lambda one: one.name)
def test_levels_hold_what_the_outcome_needs(outcome):
    assert outcome.levels
    for level in outcome.levels:
        needed = outcome.parts or (outcome.name,)
        assert set(needed) <= set(registry.LEVELS[level].values)
    assert outcome.label[0].islower() or outcome.label[0].isdigit()
    assert outcome.definition and outcome.unit and outcome.effect_unit


@pytest.mark.parametrize("outcome", registry.OUTCOMES.values(), ids=lambda one: one.name)
def test_parts_are_additive(outcome):
    for part in outcome.parts:
        assert registry.OUTCOMES[part].additive


def test_england_and_the_system_in_double_precision_the_rest_in_single():
    for name, level in registry.LEVELS.items():
        expected = pa.float64() if name in ("england", "system") else pa.float32()
        assert {level.schema.field(column).type for column in level.values} == {expected}


def test_derived_outcomes_by_hand():
    columns = {
        "list": np.array([200.0, 0.0]),
        "within_18": np.array([150.0, 0.0]),
        "over_52": np.array([4.0, 0.0]),
        "treated_admitted": np.array([3.0, 1.0]),
        "treated_non_admitted": np.array([5.0, 1.0]),
    }
    assert registry.outcome("within_18_share").derive(columns)[0] == 75.0
    assert np.isnan(registry.outcome("within_18_share").derive(columns)[1])
    assert registry.outcome("over_52_share").derive(columns)[0] == 2.0
    assert registry.outcome("over_18").derive(columns).tolist() == [50.0, 0.0]
    assert registry.outcome("treated").derive(columns).tolist() == [8.0, 2.0]


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(InputError, match="within_18_share"):
        registry.outcome("within_18_shares")
    with pytest.raises(InputError, match="england"):
        registry.level("englnd")
