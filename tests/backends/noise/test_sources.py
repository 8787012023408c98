import json
from pathlib import Path

import numpy as np
import pytest
from qiskit.quantum_info import SuperOp, average_gate_fidelity
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

from qkdrp.backends.noise.depolarizing import Depolarizing
from qkdrp.backends.noise.model_file import save_model
from qkdrp.backends.noise.saved import SavedModel
from qkdrp.backends.noise.sources import choose_parts, find_source
from qkdrp.common.errors import BackendError


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["sx", "x"])
    model.add_quantum_error(depolarizing_error(0.02, 2), ["cz"], (0, 1))
    model.add_quantum_error(depolarizing_error(0.03, 2), ["cz"], (1, 2))
    model.add_all_qubit_readout_error(ReadoutError([[0.99, 0.01], [0.04, 0.96]]))
    save_model(model, tmp_path / "model.json")
    return tmp_path / "model.json"


def test_depolarizing_noise_is_what_it_says() -> None:
    source = find_source("depolarizing:p1=1e-3,p2=1e-2,readout=0.02")
    noise = source.noise((0, 1), source.parts, 2.0)
    assert 1 - average_gate_fidelity(noise.errors["sx", (1,)]) == pytest.approx(2e-3 / 2)
    assert 1 - average_gate_fidelity(noise.errors["cx", (1, 0)]) == pytest.approx(2e-2 * 3 / 4)
    np.testing.assert_allclose(noise.assignment, [[[0.96, 0.04], [0.04, 0.96]]] * 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p1=-0.1", "p1 = -0.1, expected a probability"),
        ("p2=1.5", "p2 = 1.5"),
        ("readout=0.6", "from 0 to 0.5"),
        ("p3=0.1", "found 'p3=0.1', expected"),
        ("p1=much", "found 'p1=much'"),
        ("p1=nan", "p1 = nan"),
    ],
)
def test_wrong_probabilities_are_refused(text: str, words: str) -> None:
    with pytest.raises(BackendError, match=words):
        find_source(f"depolarizing:{text}")


def test_a_scale_may_not_leave_the_range() -> None:
    with pytest.raises(BackendError, match=r"makes p2 1.2, more than 1: use at most 5"):
        Depolarizing(p2=0.2).noise((0, 1), ("gates",), 6.0)


def test_a_saved_model_has_the_errors_of_its_file(saved: Path) -> None:
    source = find_source(str(saved))
    assert isinstance(source, SavedModel)
    assert source.parts == ("gates", "readout")
    noise = source.noise((1, 2), source.parts, 1.0)
    assert SuperOp(noise.errors["cz", (0, 1)]) == SuperOp(depolarizing_error(0.03, 2))
    assert ("cz", (1, 0)) not in noise.errors
    assert SuperOp(noise.errors["x", (1,)]) == SuperOp(depolarizing_error(0.01, 1))
    np.testing.assert_allclose(noise.assignment[0], [[0.99, 0.04], [0.01, 0.96]])
    assert source.target(3)["cz"].keys() == {(0, 1), (1, 2)}


@pytest.mark.parametrize("scale", [0.0, 0.5, 3.0])
def test_a_scale_multiplies_the_terms_of_saved_errors(saved: Path, scale: float) -> None:
    noise = SavedModel(saved).noise((0, 1), ("gates",), scale)
    if scale == 0.0:
        assert not noise.errors
        return
    expected = depolarizing_error(0.02 * scale, 2)
    np.testing.assert_allclose(
        SuperOp(noise.errors["cz", (0, 1)]).data, SuperOp(expected).data, atol=1e-12
    )


def test_channels_without_an_ideal_part_cannot_grow(tmp_path: Path) -> None:
    model = NoiseModel()
    model.add_all_qubit_quantum_error(thermal_relaxation_error(50, 90, 1), ["sx"])  # T2 > T1
    save_model(model, tmp_path / "m.json")
    source = SavedModel(tmp_path / "m.json")
    assert source.noise((0,), ("gates",), 1.0).errors
    with pytest.raises(BackendError, match="noise scale 2 makes an error of sx"):
        source.noise((0,), ("gates",), 2.0)


@pytest.mark.parametrize("content", ["{}", "no json", json.dumps({"errors": [{"type": "odd"}]})])
def test_other_files_are_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(content)
    with pytest.raises(BackendError, match=r"file.json: is no noise model|holds no errors"):
        SavedModel(path)


def test_too_wide_for_a_saved_model(saved: Path) -> None:
    with pytest.raises(BackendError, match=r"has 4 qubits, model.json has 3"):
        SavedModel(saved).target(4)


def test_an_unknown_source_lists_the_kinds() -> None:
    with pytest.raises(BackendError, match=r"none of fake_NAME, depolarizing:.*, FILE"):
        find_source("nothing.json")


def test_parts_are_those_of_the_source() -> None:
    source = find_source("depolarizing:p1=0.1")
    assert choose_parts(source, "") == ("gates", "readout")
    assert choose_parts(source, "readout, gates") == ("gates", "readout")
    with pytest.raises(BackendError, match="no part 'relaxation': its parts are gates, readout"):
        choose_parts(source, "relaxation")
    with pytest.raises(BackendError, match="'crosstalk': choose among gates"):
        choose_parts(source, "crosstalk")
