from .entanglers import ENTANGLERS
from .expand import CLIFFORD_GATES, ROTATION_GATES, expand_gates
from .families.measurement import MEASUREMENTS
from .families.reuploading_spec import PQCSpec
from .pauli.compile import compile_program
from .pauli.program import PauliProgram
from .pqc import PQC, build_pqc
from .reduce.circuit import reduce_pqc
from .reduce.shapes import SHAPES
from .resources import CircuitResources, logical_resources

__all__ = [
    "CLIFFORD_GATES",
    "ENTANGLERS",
    "MEASUREMENTS",
    "PQC",
    "ROTATION_GATES",
    "SHAPES",
    "CircuitResources",
    "PQCSpec",
    "PauliProgram",
    "build_pqc",
    "compile_program",
    "expand_gates",
    "logical_resources",
    "reduce_pqc",
]
