from .entanglers import ENTANGLERS
from .expand import CLIFFORD_GATES, ROTATION_GATES, expand_gates
from .families.pnu.spec import PnuSpec
from .families.reuploading.spec import PQCSpec
from .family import Family
from .measurements import MEASUREMENTS
from .pauli.compile import compile_program
from .pauli.program import PauliProgram
from .pqc import PQC
from .reduce.circuit import reduce_pqc
from .reduce.shapes import SHAPES
from .registry import FAMILIES, build_pqc, family_of, parse_spec
from .resources import CircuitResources, logical_resources
from .spec import CircuitSpec

__all__ = [
    "CLIFFORD_GATES",
    "ENTANGLERS",
    "FAMILIES",
    "MEASUREMENTS",
    "PQC",
    "ROTATION_GATES",
    "SHAPES",
    "CircuitResources",
    "CircuitSpec",
    "Family",
    "PQCSpec",
    "PauliProgram",
    "PnuSpec",
    "build_pqc",
    "compile_program",
    "expand_gates",
    "family_of",
    "logical_resources",
    "parse_spec",
    "reduce_pqc",
]
