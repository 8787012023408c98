"""The quantum layers of a model with what each will ask for, known before anything is paid."""

from typing import Any

from qkdrp.backends.point_counter import PointCounter
from qkdrp.backends.runtime.value_request import PlannedLayer, check_layer
from qkdrp.runs.folder import Run
from qkdrp.training.predict import predict_rows


def planned_layers(run: Run, rows: Any) -> tuple[PlannedLayer, ...]:  # noqa: ANN401  # its own data set
    """Return the layers that ask for values when rows are predicted, in the order of circuits.

    The model is run once on a :class:`~qkdrp.backends.point_counter.PointCounter`, so the numbers
    of points are those of the real evaluation, whatever of the rows a layer is called for.

    Args:
        run: The run, on any backend.
        rows: What is predicted, a data set of its system.

    Raises:
        BackendError: If the model has several layers, and one of them is none of its circuits.
    """
    circuits = run.system.circuits(run.config)
    if not circuits:
        return ()
    counter = PointCounter()
    model = run.system.build(run.config, run.preprocessor, counter, seed=0)
    model.load_state_dict(run.model.state_dict())
    predict_rows(run.system, run.preprocessor, model, rows)
    points = dict(counter.points)
    if len(circuits) == 1:  # such a layer may be without a name
        points = dict.fromkeys(circuits, sum(points.values()))
    for label in points:
        check_layer(label, circuits)
    asked = {label: each for label, each in circuits.items() if points.get(label)}
    turns = sorted({each.stage for each in asked.values()})  # of layers that ask for anything
    return tuple(
        PlannedLayer(label, each.pqc, points[label], turns.index(each.stage))
        for label, each in asked.items()
    )


def staged_layers(run: Run, rows: Any) -> tuple[PlannedLayer, ...]:  # noqa: ANN401  # its own data set
    """Return what :func:`planned_layers` does for models with several layers; nothing for others.

    Args:
        run: The run, on any backend.
        rows: What is predicted, a data set of its system.
    """
    if len(run.system.circuits(run.config)) < 2:  # several
        return ()
    return planned_layers(run, rows)
