import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.backends.noise.pace import Pace
from qkdrp.circuits import PQCSpec, build_pqc


@pytest.mark.parametrize("least", [1, 2, 7])
def test_pieces_are_all_points_once(least: int) -> None:
    pace, rows = Pace(least), np.arange(23)
    for _ in range(2):
        found = np.concatenate([rows[piece] for piece in pace.pieces(len(rows))])
        assert found.tolist() == rows.tolist()


@pytest.mark.parametrize("options", [{}, {"shots": 50}, {"method": "trajectories", "shots": 4}])
def test_progress_is_told_and_changes_no_value(
    options: dict[str, str | int], rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pqc = build_pqc(PQCSpec(2, 1, 1))
    points, weights = rng.random((9, pqc.n_inputs)), rng.random(pqc.n_weights)
    found, told = [], list[tuple[str, int, int]]()
    for seconds in (1.0, 0.0):  # some pieces, then one point each
        monkeypatch.setattr("qkdrp.backends.noise.pace.TELL_EVERY", seconds)
        with get_backend("aer_noisy", noise="depolarizing:p2=0.01", seed=1, **options) as backend:
            qnn = backend.qnn(pqc)
            backend.on_progress = lambda *each: told.append(each)
            found.append(qnn.forward(points, weights))
    assert np.array_equal(*found)
    assert told[0] == ("circuits", 0, 9)
    assert told[-1] == ("circuits", 9, 9)
    assert len(told) > 4


def test_a_long_evaluation_is_told_once_with_what_is_quicker(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qkdrp.backends.noise.estimator.LONG_SECONDS", 0.0)
    monkeypatch.setattr("qkdrp.common.remaining.LEAST_SECONDS", 0.0)
    pqc = build_pqc(PQCSpec(2, 1, 1))
    options = {"noise": "depolarizing:p2=0.01", "method": "trajectories", "trajectories": 64}
    notes = list[str]()
    with get_backend("aer_noisy", **options) as backend:
        backend.on_note = notes.append
        for _ in range(2):
            backend.qnn(pqc).forward(rng.random((4, pqc.n_inputs)), np.zeros(pqc.n_weights))
    (note,) = notes
    assert note.startswith("2 qubits, 4 circuits under noise: about ")
    assert "--trajectories 8 takes an eighth of it" in note
