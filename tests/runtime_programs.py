"""Executing the programs that the runtime client submits, on a small fake device."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ibm_quantum_schemas.common import CompressedTensorModel
from ibm_quantum_schemas.executor.version_2_0 import QuantumProgramResultModel
from qiskit.primitives import BackendEstimatorV2
from qiskit_ibm_runtime.fake_provider.executor.run_quantum_program import run_quantum_program
from qiskit_ibm_runtime.fake_provider.fake_backend import FakeBackendV2
from qiskit_ibm_runtime.json import RuntimeDecoder, RuntimeEncoder
from qiskit_ibm_runtime.options_models.simulator import SimulatorOptions
from qiskit_ibm_runtime.quantum_program.converters.converters_2_0 import passthrough_data_to_2_0
from qiskit_ibm_runtime.quantum_program.params_converters import (
    QUANTUM_PROGRAM_PARAMS_CONVERTERS as CONVERTERS,
)
from samplomatic.quantum_program import SamplexItem

from qkdrp.backends.runtime.clients import simulator_of


def run_estimator(params: dict[str, Any], device: FakeBackendV2, seed: int) -> str:
    """Run the program of the legacy estimator: real measurements, no mitigation."""
    decoded = json.loads(json.dumps(params), cls=RuntimeDecoder)
    estimator = BackendEstimatorV2(backend=device, options={"seed_simulator": seed})
    result = estimator.run([tuple(pub) for pub in decoded["pubs"]]).result()
    return json.dumps(result, cls=RuntimeEncoder)


def run_executor(params: dict[str, Any], device: FakeBackendV2, seed: int) -> str:
    """Run a quantum program as the client-side primitives send it."""
    converter = CONVERTERS[params["schema_version"]]
    program, _ = converter.decoder(converter.model.model_validate(params))
    for item in program.items:
        if isinstance(item, SamplexItem):
            item.samplex.finalize()
    simulator = simulator_of(device)
    result = run_quantum_program(simulator, program, SimulatorOptions(seed_simulator=seed))
    now = datetime.now(UTC).isoformat()
    model = QuantumProgramResultModel.model_validate(
        {
            "data": [
                {
                    "results": {
                        name: CompressedTensorModel.from_numpy(values)
                        for name, values in item.items()
                    },
                    "metadata": {},
                }
                for item in result
            ],
            "metadata": {"chunk_timing": [{"start": now, "stop": now, "parts": []}]},
            "passthrough_data": passthrough_data_to_2_0(program.passthrough_data),
            "semantic_role": program._semantic_role,
        }
    )
    return model.model_dump_json()


PROGRAMS: dict[str, Callable[[dict[str, Any], FakeBackendV2, int], str]] = {
    "estimator": run_estimator,
    "executor": run_executor,
}
