import math

import pytest
from qiskit_ibm_runtime.fake_provider import FakeManilaV2, FakeTorino

from qkdrp.backends.isa.placements import find_placements
from qkdrp.backends.isa.regions import coupling_losses, usable_region
from qkdrp.backends.isa.targets import readout_error, restrict
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.reduce.circuit import reduce_pqc
from qkdrp.common.errors import BackendError


@pytest.fixture(scope="module")
def torino() -> FakeTorino:
    return FakeTorino()


def failure(pqc: PQC, target: object, placed: tuple[int, ...]) -> float:
    losses = coupling_losses(target)
    lost = 0.0
    for gate in pqc.circuit.data:
        on = sorted(placed[pqc.circuit.find_bit(bit).index] for bit in gate.qubits)
        lost += losses[tuple(on)] if len(on) == 2 else 0.0
    values = [
        math.prod(
            1 - readout_error(target, placed[q]) for _, on, _ in op.to_sparse_list() for q in on
        )
        for op in pqc.observables
    ]
    return lost - math.log(sum(values) / len(values))


def test_placements_are_on_couplings_and_the_best_first(torino: FakeTorino) -> None:
    pqc = reduce_pqc(build_pqc(PQCSpec(4, 2, 1)), "tee")
    found = find_placements(pqc, torino.target, 20)
    costs = [failure(pqc, torino.target, placed) for placed in found]
    assert costs == sorted(costs)
    assert [len(set(placed)) for placed in found] == [4] * 20


def test_on_a_small_device_the_best_of_all_is_found() -> None:
    target = FakeManilaV2().target
    pqc = reduce_pqc(build_pqc(PQCSpec(3, 1, 1)), "line")
    chains = [(0, 1, 2), (1, 2, 3), (2, 3, 4)]
    every = [failure(pqc, target, placed) for c in chains for placed in (c, c[::-1])]
    best = find_placements(pqc, target, 1)[0]
    assert failure(pqc, target, best) == pytest.approx(min(every))


def test_what_does_not_fit_has_no_placement(torino: FakeTorino) -> None:
    ladder = reduce_pqc(build_pqc(PQCSpec(4, 2, 1)), "ladder")
    assert find_placements(ladder, torino.target, 1) == []


def test_the_usable_region_is_the_largest_connected_one() -> None:
    target = FakeManilaV2().target
    assert usable_region(target, 5) == (0, 1, 2, 3, 4)
    for on in ((1, 2), (2, 1)):
        target["cx"][on].error = 1.0
    assert usable_region(target, 3) == (2, 3, 4)
    target["measure"][(3,)].error = 0.6
    with pytest.raises(BackendError, match="the device 2 connected ones"):
        usable_region(target, 3)
    assert usable_region(restrict(target, (4,)), 1) == (0,)
