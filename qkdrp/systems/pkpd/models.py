"""The models by name; imports nothing that takes time."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qkdrp.systems.pkpd.network_choices import NETWORKS


@dataclass(frozen=True)
class Entry:
    """A model and where it is made.

    Args:
        title: What it is, for help and messages.
        place: Module and object of its :class:`~qkdrp.systems.pkpd.kind.ModelKind`.
    """

    title: str
    place: str


MODELS: Mapping[str, Entry] = MappingProxyType(
    {
        "mechanistic": Entry(
            "a population fit of an oral PK and response model",
            "qkdrp.systems.pkpd.population.mechanistic:MECHANISTIC",
        ),
        "greybox": Entry(
            "a mechanism whose parameters a --head gives",
            "qkdrp.systems.pkpd.population.greybox:GREYBOX",
        ),
        **{
            name: Entry(
                each.title,
                "qkdrp.systems.pkpd.networks.network:" + ("MLP" if name == "mlp" else "NETWORK"),
            )
            for name, each in NETWORKS.items()
        },
    }
)
"""What can be trained, by name."""

DEFAULT_MODEL = "mechanistic"
"""What is trained where nothing else is asked for."""

HEADS: Mapping[str, str] = MappingProxyType(
    {
        "linear": "power laws",
        "mlp": "dense layers",
        "quantum": "a parameterised circuit beside power laws",
    }
)
"""What gives parameters of a mechanism from covariates, by name."""

SPLITS: Mapping[str, str] = MappingProxyType(
    {
        "fold": "the k-th subject of each active dose, see --fold",
        "random": "one subject of each active dose, drawn by --seed",
        "seed42": "the three subjects of Team PNU",
        "none": "nothing: all subjects train, for doses",
    }
)
"""What is left out of training for the test, by the name of the split."""
