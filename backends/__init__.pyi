from .base import Backend, CostEstimate
from .isa.prepare import PreparedCircuit, prepare
from .layer import QuantumLayer
from .registry import BACKENDS, get_backend
from .usage import Usage

__all__ = [
    "BACKENDS",
    "Backend",
    "CostEstimate",
    "PreparedCircuit",
    "QuantumLayer",
    "Usage",
    "get_backend",
    "prepare",
]
