"""Models found by name and imported."""

from importlib import import_module

from qkdrp.systems.pkpd.kind import ModelKind
from qkdrp.systems.pkpd.models import MODELS


def find_model(name: str) -> ModelKind:
    """Return the model of a name, which is a key of :data:`~qkdrp.systems.pkpd.models.MODELS`."""
    module, _, attribute = MODELS[name].place.partition(":")
    found: ModelKind = getattr(import_module(module), attribute)
    return found
