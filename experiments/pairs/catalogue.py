"""The studies of pairs: what each tries, and how thorough its presets are."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import Any

from qkdrp.experiments.pairs.config import PairStudyConfig
from qkdrp.experiments.pairs.contenders import (
    CLASSICAL,
    CONTENDERS,
    GROUPED,
    HYBRID,
    MODERATED,
    contender,
)
from qkdrp.experiments.pairs.setups import EMBEDDED, SHUFFLED, Place, Setup
from qkdrp.experiments.study.presets import Presets
from qkdrp.systems.pairs.models import EMBEDDING_SIZE

Setups = Callable[[PairStudyConfig], Iterator[Setup]]


@dataclass(frozen=True)
class Study:
    """A study of pairs.

    Args:
        help: What it does, in one line.
        title: Of its report.
        fields: Settings that are options of its own.
        setups: What it trains, baselines left out, in the order of the report.
        presets: How thorough it can be.
        baselines: Whether baselines are fitted at each place.
        round_of: What setups share that are done together, seed by seed.
    """

    help: str
    title: str
    fields: tuple[str, ...]
    setups: Setups
    presets: Presets
    baselines: bool = True
    round_of: Callable[[Setup], Any] = lambda setup: setup.place


def _networks(config: PairStudyConfig) -> Iterator[Setup]:
    """Yield all networks on the first split, some on the others, and controls."""
    size = config.sizes[0]
    for number, split in enumerate(config.splits):
        models = config.grouped_models if number else config.models
        yield from (Setup(model, Place(split, size)) for model in models)
    if config.controls:
        for data in (SHUFFLED, EMBEDDED):
            place = Place(config.splits[0], size, data)
            yield from (Setup(model, place) for model in CONTROLLED)


def _sizes(config: PairStudyConfig) -> Iterator[Setup]:
    """Yield networks at each size."""
    for size in config.sizes:
        place = Place(config.splits[0], size)
        yield from (Setup(model, place) for model in config.models)


def _angles(config: PairStudyConfig) -> Iterator[Setup]:
    """Yield the network with angles as they are, and with bounded ones for each a."""
    place = Place(config.splits[0], config.sizes[0])
    for model in config.models:
        if "moderated" in contender(model).settings.values():
            yield from (Setup(model, place).changed(a=a) for a in config.a)
        else:
            yield Setup(model, place)


def _grid(config: PairStudyConfig) -> Iterator[Setup]:
    """Yield a network for each choice of circuit, learning rate and optimiser."""
    place = Place(config.splits[0], config.sizes[0])
    choices = product(
        *(config.models, config.n_qubits, config.n_encoding, config.n_variational),
        *(config.rates, config.optimizers),
    )
    for model, qubits, encoding, variational, rate, optimizer in choices:
        yield Setup(model, place).changed(
            n_qubits=qubits,
            n_encoding=encoding,
            n_variational=variational,
            bridge="none" if qubits * encoding == EMBEDDING_SIZE else "linear",
            lr=rate,
            optimizer=optimizer,
        )


CONTROLLED = (HYBRID, MODERATED, CLASSICAL)
"""Networks of the controls."""

_GRID = {
    "n_qubits": (8,),
    "n_encoding": (32,),
    "n_variational": (5,),
    "rates": (1.8e-3,),
    "optimizers": ("adam",),
}

_SMOKE = {
    "sizes": (400,),
    "test_size": 200,
    "models": (HYBRID, MODERATED, CLASSICAL),
    "seeds": 3,
    "grouped_seeds": 3,
    "epochs": 2,
}

STUDIES: Mapping[str, Study] = MappingProxyType(
    {
        "pairs-cv": Study(
            "Pairs: networks and controls on new pairs, new cell lines and new drugs.",
            "Networks on pairs of cell line and drug",
            ("splits", "models", "grouped_models", "sizes", "controls", "grouped_seeds"),
            _networks,
            Presets({
                "smoke": {
                    **_SMOKE,
                    "splits": ("lpo", "lco"),
                    "grouped_models": (HYBRID, CLASSICAL),
                    "controls": True,
                },
                "small": {"splits": ("lpo",), "seeds": 3, "models": GROUPED, "controls": True},
                "full": {
                    "splits": ("lpo", "lco", "ldo"),
                    "models": tuple(CONTENDERS),
                    "grouped_models": GROUPED,
                    "controls": True,
                },
            }),
        ),
        "pairs-size": Study(
            "Pairs: does the hybrid network gain as training pairs get fewer.",
            "Networks on pairs by number of training pairs",
            ("splits", "models", "sizes", "min_steps"),
            _sizes,
            Presets({
                "smoke": {**_SMOKE, "sizes": (50, 200, 400), "min_steps": 14},
                "small": {"sizes": (50, 200, 5000), "models": GROUPED[:3], "min_steps": 1500},
                "full": {
                    "sizes": (50, 200, 1000, 5000, 20000),
                    "models": (HYBRID, MODERATED, CLASSICAL, "classical-affine"),
                    "min_steps": 1500,
                },
            }),
            round_of=lambda setup: setup.place.split,
        ),
        "pairs-angles": Study(
            "Pairs: what un-normalised angles do to the circuit, and what r*tanh(phi/a) changes.",
            "Angles of the circuit on pairs",
            ("splits", "models", "sizes", "a"),
            _angles,
            Presets({
                "smoke": {**_SMOKE, "models": (HYBRID, MODERATED), "a": (1.0, 20.0)},
                "small": {
                    "models": (HYBRID, MODERATED), "a": (1.0, 5.0, 20.0, 100.0), "seeds": 3
                },
                "full": {
                    "models": (HYBRID, "layernorm", MODERATED, "squashed"),
                    "a": (1.0, 5.0, 20.0, 100.0),
                },
            }),
        ),
        "pairs-grid": Study(
            "Pairs: the paper's search over circuit, rate and optimiser, on validation pairs.",
            "Circuits and optimisers on pairs",
            (
                *("splits", "models", "sizes", "n_qubits", "n_encoding", "n_variational"),
                *("rates", "optimizers"),
            ),
            _grid,
            Presets({
                "smoke": {**_SMOKE, **_GRID, "models": (HYBRID,), "n_variational": (1, 5)},
                "small": {
                    **_GRID, "models": (HYBRID,), "seeds": 3, "n_variational": (1, 5),
                    "rates": (6e-4, 1.8e-3),
                },
                "full": {
                    **_GRID, "models": (HYBRID, MODERATED), "seeds": 3, "n_qubits": (4, 8),
                    "n_encoding": (8, 32, 64), "n_variational": (1, 3, 5),
                    "rates": (6e-4, 1.8e-3, 5e-3), "optimizers": ("adam", "adamw", "sgd"),
                },
            }),
            baselines=False,
        ),
    }
)  # fmt: skip
"""Studies by command line name."""
