from .backends import DepthReport, QuantumLayer, depth_report, get_backend
from .circuits import PQC, PQCSpec, build_pqc, compile_program
from .common.errors import QkdrpError
from .reports.run import write_report
from .runs.evaluate import evaluate
from .runs.folder import Run, load_run
from .runs.train import train
from .systems.pairs.data.frames import load_pair_tables
from .systems.pairs.regressor import PairRegressor
from .systems.response.config import TrainConfig
from .systems.response.data import Cohort, load_cohort
from .systems.response.labels import LabelNormaliser
from .systems.response.preprocess import preprocessing
from .systems.response.regressor import HybridRegressor
from .systems.response.split import make_split

__version__: str

__all__ = [
    "PQC",
    "Cohort",
    "DepthReport",
    "HybridRegressor",
    "LabelNormaliser",
    "PQCSpec",
    "PairRegressor",
    "QkdrpError",
    "QuantumLayer",
    "Run",
    "TrainConfig",
    "__version__",
    "build_pqc",
    "compile_program",
    "depth_report",
    "evaluate",
    "get_backend",
    "load_cohort",
    "load_pair_tables",
    "load_run",
    "make_split",
    "preprocessing",
    "train",
    "write_report",
]
