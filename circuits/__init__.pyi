from .compile import compile_program
from .entanglers import ENTANGLERS
from .measurement import MEASUREMENTS
from .pqc import PQC, build_pqc
from .program import PauliProgram
from .reduce import reduce_pqc
from .resources import CircuitResources, logical_resources
from .shapes import SHAPES
from .spec import PQCSpec
from .steps import ROTATION_GATES
from .unroll import unroll

__all__ = [
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
    "logical_resources",
    "reduce_pqc",
    "unroll",
]
