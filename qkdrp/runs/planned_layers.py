"""The quantum layers of a model, as the plan of what is to be paid for."""

from collections.abc import Mapping

from qkdrp.backends.runtime.value_request import PlannedLayer
from qkdrp.training.system import LayerCircuit


def planned_layers(circuits: Mapping[str, LayerCircuit], n_rows: int) -> tuple[PlannedLayer, ...]:
    """Return what values a model with several quantum layers asks for; nothing for others.

    Args:
        circuits: Of the model, by the names of its layers.
        n_rows: Rows that are predicted.
    """
    if len(circuits) < 2:  # several
        return ()
    return tuple(
        PlannedLayer(label, each.pqc, n_rows * each.calls_per_row, each.stage)
        for label, each in circuits.items()
    )
