from .backends import DepthReport, QuantumLayer, depth_report, get_backend
from .circuits import PQC, PQCSpec, build_pqc, compile_program
from .common.errors import QkdrpError
from .config import TrainConfig
from .data import Cohort, LabelNormaliser, load_cohort, make_split, preprocessing
from .regressor import HybridRegressor

__all__ = [
    "PQC",
    "Cohort",
    "DepthReport",
    "HybridRegressor",
    "LabelNormaliser",
    "PQCSpec",
    "QkdrpError",
    "QuantumLayer",
    "TrainConfig",
    "build_pqc",
    "compile_program",
    "depth_report",
    "get_backend",
    "load_cohort",
    "make_split",
    "preprocessing",
]
