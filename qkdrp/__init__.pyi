from .backends import DepthReport, QuantumLayer, depth_report, get_backend
from .circuits import PQC, PQCSpec, build_pqc, compile_program
from .common.errors import QkdrpError
from .systems.response.config import TrainConfig
from .systems.response.data import Cohort, load_cohort
from .systems.response.labels import LabelNormaliser
from .systems.response.preprocess import preprocessing
from .systems.response.regressor import HybridRegressor
from .systems.response.split import make_split

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
