from .base import Backend, CostEstimate
from .depth.analyse import depth_report
from .depth.report import DepthReport
from .isa.prepare import PreparedCircuit, prepare
from .qnn.layer import QuantumLayer
from .registry import BACKENDS, get_backend
from .usage import Usage

__all__ = [
    "BACKENDS",
    "Backend",
    "CostEstimate",
    "DepthReport",
    "PreparedCircuit",
    "QuantumLayer",
    "Usage",
    "depth_report",
    "get_backend",
    "prepare",
]
