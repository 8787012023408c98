"""The quantum layers of a model, as the plan of what is to be paid for."""

from collections.abc import Mapping

from qkdrp.backends.runtime.value_request import PlannedLayer
from qkdrp.training.system import LayerCircuit


def planned_layers(
    circuits: Mapping[str, LayerCircuit], points: Mapping[str, int]
) -> tuple[PlannedLayer, ...]:
    """Return what values a model with several quantum layers asks for; nothing for others.

    Args:
        circuits: Of the model, by the names of its layers.
        points: At how many points each layer calls its circuit.
    """
    if len(circuits) < 2:  # several
        return ()
    return tuple(
        PlannedLayer(label, each.pqc, points[label], each.stage) for label, each in circuits.items()
    )
