from .base import Backend, CostEstimate
from .layer import QuantumLayer
from .registry import BACKENDS, get_backend
from .usage import Usage

__all__ = ["BACKENDS", "Backend", "CostEstimate", "QuantumLayer", "Usage", "get_backend"]
