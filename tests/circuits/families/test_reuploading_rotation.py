"""The rotation of re-uploading circuits: RX of the paper, or RY."""

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.circuits import PQCSpec, build_pqc, family_of, parse_spec
from qkdrp.circuits.digest import pqc_digest
from qkdrp.circuits.registry import spec_from_json, spec_to_json

BEFORE = {
    "n_qubits": 4,
    "n_encoding": 2,
    "n_variational": 1,
    "measurement": "multi",
    "entangler": "ring",
    "absorb_tail": False,
}
"""What files of earlier versions say of (4, 2, 1)."""


def test_files_and_digests_stay_as_they_were() -> None:
    spec = PQCSpec(4, 2, 1)
    assert spec_to_json(spec) == BEFORE
    assert spec_from_json(BEFORE) == spec
    assert pqc_digest(build_pqc(spec)).startswith("500c8c82fd087726")
    family = family_of(spec)
    assert (family.label(spec), family.file_stem(spec)) == ("(4,2,1) multi ring", "4-2-1-multi")


def test_another_rotation_is_told_apart_everywhere() -> None:
    spec = PQCSpec(4, 2, 1, rotation="ry")
    family = family_of(spec)
    assert spec_from_json(spec_to_json(spec)) == spec
    assert parse_spec("4,2,1,ry") == parse_spec("4 2 1 ry multi") == spec
    assert family.label(spec) == "(4,2,1) multi ry ring"
    assert family.file_stem(spec) == "4-2-1-multi-ry"
    assert family.differences(PQCSpec(4, 2, 1), spec) == ("rotation ry",)
    assert {"ry", "rz", "cx"} == set(build_pqc(spec).circuit.count_ops())


@pytest.mark.parametrize("rotation", ["rx", "ry"])
def test_without_an_entangler_values_are_those_of_single_qubits(
    rotation: str, rng: np.random.Generator
) -> None:
    spec = parse_spec(f"3,1,2,none,{rotation}")
    pqc = build_pqc(spec)
    assert pqc.circuit.num_nonlocal_gates() == 0
    x, w = rng.uniform(-3, 3, (2, 3)), rng.uniform(0, 6, (2, 2, 3))
    with get_backend("statevector") as backend:
        found = backend.qnn(pqc).forward(x, w.ravel())
    before, after = w.sum(axis=1)  # both variational layers of a block turn the same way
    expected = np.cos(before) * np.cos(after) - np.sin(before) * np.sin(after) * np.cos(x)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_no_entangler_is_recommended_to_nobody() -> None:
    spec = PQCSpec(4, 2, 2)
    assert all(each.entangler != "none" for _, each in family_of(spec).smaller(spec))
    alone = PQCSpec(4, 2, 2, entangler="none")
    assert any(each.entangler == "none" for _, each in family_of(alone).smaller(alone))
