"""How far exact values and device noise are from Qiskit's and Aer's own.

Random circuits of all supported gates against Qiskit's state vectors, and the noise of every fake
device on three of its qubits against Aer with the noise model of the whole device. From the root
of the repository, with the ``test`` extra:

    python -m benchmarks.agreement --circuits 760
    python -m benchmarks.agreement --devices all
"""

import argparse
import warnings

import numpy as np
from hypothesis import Phase, given, seed, settings
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel
from qiskit_aer.primitives import EstimatorV2

from qkdrp.backends import get_backend
from qkdrp.backends.isa.fakes import fake_devices
from qkdrp.backends.isa.prepare import prepare
from qkdrp.backends.noise.device import FakeDevice
from qkdrp.backends.noise.sampling import Sampling
from qkdrp.backends.noise.simulator import NoisySimulator
from qkdrp.circuits import PQC, PQCSpec, build_pqc
from tests.circuits.random_circuits import Case, case_values, cases

SEED = 0


def compare_circuits(count: int) -> dict[str, float]:
    """Return the largest difference from Qiskit's state vectors, for each exact backend."""
    worst = dict.fromkeys(("statevector", "aer_exact"), 0.0)
    backends = {name: get_backend(name) for name in worst}

    @seed(SEED)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate])
    @given(cases())
    def compare(case: Case) -> None:
        wanted = case_values(case)
        pqc = PQC(case.circuit, tuple(case.inputs), tuple(case.weights), tuple(case.observables))
        parameters = [*case.inputs, *case.weights]
        tiled = np.broadcast_to(case.weight_values, (len(case.points), len(case.weight_values)))
        points = np.concatenate([case.points, tiled], axis=1)
        used = [parameters.index(each) for each in pqc.circuit.parameters]
        pub = (pqc.circuit, [[each] for each in pqc.observables], points[:, used])
        for name, backend in backends.items():
            found = backend.estimator.run([pub]).result()[0].data.evs.T
            worst[name] = max(worst[name], float(np.abs(found - wanted).max(initial=0.0)))

    compare()
    return worst


def compare_device(name: str, pqc: PQC, rng: np.random.Generator) -> float:
    """Return the largest difference between a few qubits' noise and the whole device's."""
    fake, source = fake_devices()[name](), FakeDevice(name)
    prepared = prepare(pqc, source.target(pqc.n_qubits), name, seeds=[0])
    whole = QuantumCircuit(fake.num_qubits)
    whole.compose(prepared.pqc.circuit, qubits=prepared.qubits, inplace=True)
    observables = [
        each.apply_layout(list(prepared.qubits), fake.num_qubits)
        for each in prepared.pqc.observables
    ]
    points = rng.uniform(-3, 3, (1, whole.num_parameters))
    model = NoiseModel.from_backend(fake, readout_error=False)
    options = {"backend_options": {"method": "density_matrix", "noise_model": model}}
    job = EstimatorV2(options=options).run(
        [(whole, [[each] for each in observables], points)], precision=0.0
    )
    noise = source.noise(prepared.qubits, ("gates", "relaxation"), 1.0)
    simulator = NoisySimulator(noise, Sampling(), rng)
    found, _ = simulator.evaluate(prepared.pqc.circuit, points, prepared.pqc.observables)
    return float(np.abs(found - job.result()[0].data.evs.T).max())


def main() -> None:
    """Compare what the options ask for, and print the largest differences."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--circuits", type=int, default=0, help="random circuits")
    parser.add_argument("--devices", default="", help="fake devices with commas between, or all")
    given_options = parser.parse_args()
    warnings.simplefilter("ignore")
    if given_options.circuits:
        for name, worst in compare_circuits(given_options.circuits).items():
            print(f"{name}: {given_options.circuits} random circuits, at most {worst:.1e} off")
    chosen = given_options.devices.split(",") if given_options.devices else []
    names = sorted(fake_devices()) if chosen == ["all"] else chosen
    pqc, rng = build_pqc(PQCSpec(3, 1, 1)), np.random.default_rng(SEED)
    found = []
    for name in names:
        if fake_devices()[name]().num_qubits < pqc.n_qubits:
            print(f"{name}: too small", flush=True)
            continue
        found.append(compare_device(name, pqc, rng))
        print(f"{name}: {found[-1]:.1e}", flush=True)
    if found:
        print(f"{len(found)} devices, at most {max(found):.1e} off")


if __name__ == "__main__":
    main()
