from .compile import compile_program
from .entanglers import ENTANGLERS
from .measurement import MEASUREMENTS
from .pqc import PQC, build_pqc
from .program import PauliProgram
from .resources import CircuitResources, logical_resources
from .spec import PQCSpec
from .steps import ROTATION_GATES

__all__ = [
    "ENTANGLERS",
    "MEASUREMENTS",
    "PQC",
    "ROTATION_GATES",
    "CircuitResources",
    "PQCSpec",
    "PauliProgram",
    "build_pqc",
    "compile_program",
    "logical_resources",
]
