"""Which layers may ask for values while others wait for theirs."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from qkdrp.backends.runtime.evaluation_record import Place
from qkdrp.backends.runtime.model_pass import ModelPass
from qkdrp.backends.runtime.points import sendable
from qkdrp.backends.runtime.value_request import PlannedLayer, ValueRequest
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError

KNOWN, UNKNOWN = np.zeros((2, 3)), np.full((2, 3), np.nan)


@pytest.fixture
def request_of_stages() -> ValueRequest:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    turns = {"first": 0, "left": 1, "right": 1, "last": 2}
    layers = [PlannedLayer(label, pqc, 2, turn) for label, turn in turns.items()]
    asker: Any = None
    return ValueRequest("digest", "run", {}, asker, layers)


def entry(layer: str) -> Any:
    return SimpleNamespace(layer=layer)


def test_nothing_is_held_while_no_values_are_missing(request_of_stages: ValueRequest) -> None:
    run = ModelPass(gathering=True)
    assert not run.holds("last", UNKNOWN, request_of_stages)  # a device left values blank
    assert run.complete


def test_layers_of_one_stage_do_not_wait_for_each_other(request_of_stages: ValueRequest) -> None:
    run = ModelPass(gathering=True)
    run.missing.append(entry("left"))
    assert not run.holds("right", KNOWN, request_of_stages)
    assert run.holds("last", UNKNOWN, request_of_stages)
    assert run.held == ["last"]


def test_a_layer_waits_though_its_model_hides_what_is_missing(
    request_of_stages: ValueRequest,
) -> None:
    run = ModelPass(gathering=True)
    run.missing.append(entry("first"))
    assert run.holds("left", KNOWN, request_of_stages)  # as after torch.where(isnan, 0, values)
    assert run.holds("right", UNKNOWN, request_of_stages)


def test_a_wrong_stage_sends_no_angles_that_are_not_known(request_of_stages: ValueRequest) -> None:
    run = ModelPass(gathering=True)
    run.missing.append(entry("left"))
    assert run.holds("right", UNKNOWN, request_of_stages)


def test_a_layer_without_a_name_is_refused(request_of_stages: ValueRequest) -> None:
    request_of_stages.check_label("left")
    with pytest.raises(BackendError, match="expected one of first, left, right, last"):
        request_of_stages.check_label("")


def test_keys_of_layers_know_no_order_and_those_of_one_layer_are_as_ever() -> None:
    head: Any = SimpleNamespace(attempt=1)
    again: Any = SimpleNamespace(attempt=2)
    assert Place("", 0, 0).of_key(None) == [0]
    assert Place("left", 0, 1).of_key(head) == Place("left", 0, 2).of_key(head) == [["left", 0]]
    assert Place("left", 0, 1).of_key(again) == [["left", 0, 2]]


def test_points_without_angles_are_sent_as_zeros_and_told() -> None:
    points = np.array([[1.0, 2.0], [np.nan, 3.0]])
    sent, blank = sendable(points)
    np.testing.assert_array_equal(sent, [[1.0, 2.0], [0.0, 0.0]])
    assert blank.tolist() == [False, True]
