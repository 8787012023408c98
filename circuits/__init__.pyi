from .compile import compile_program
from .entanglers import ENTANGLERS
from .expand import CLIFFORD_GATES, ROTATION_GATES, expand_gates
from .measurement import MEASUREMENTS
from .pqc import PQC, build_pqc
from .program import PauliProgram
from .reduce import reduce_pqc
from .resources import CircuitResources, logical_resources
from .shapes import SHAPES
from .spec import PQCSpec

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
