"""Errors of QNNs and of the layer: ours, and those of qiskit-machine-learning as well."""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from qiskit_machine_learning.exceptions import QiskitMachineLearningError

from qkdrp.common.errors import QkdrpError

P = ParamSpec("P")
T = TypeVar("T")


class _BothError(QiskitMachineLearningError):
    """What a class of both families takes from here rather than from Qiskit: a plain message."""

    ours: type[QkdrpError]

    def __init__(self, *message: object) -> None:
        Exception.__init__(self, *message)
        self.message = str(self)

    __str__ = Exception.__str__  # Qiskit's own puts quotes around the message

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by our class: the one of both families is made when it is needed."""
        return also_qiskit, (self.ours(*self.args),)


@cache
def _both(ours: type[QkdrpError]) -> type[_BothError]:
    return type(ours.__name__, (_BothError, ours), {"ours": ours, "__module__": ours.__module__})


def also_qiskit(error: QkdrpError) -> QkdrpError:
    """Return an error of the same class that is a ``QiskitMachineLearningError``, too.

    So both ``except CircuitError`` and ``except QiskitMachineLearningError`` catch what a QNN
    raises.
    """
    both: Any = _both(type(error))  # type: ignore[arg-type]  # mypy: an unhashable class
    found: QkdrpError = both(*error.args)
    found.__dict__.update(error.__dict__)
    return found.with_traceback(error.__traceback__)


def qnn_errors(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function raise errors of both families where it raises one of ours."""

    @wraps(function)
    def of_both(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return function(*arguments, **named)
        except QkdrpError as error:
            if isinstance(error, QiskitMachineLearningError):
                raise
            raise also_qiskit(error) from error.__cause__

    return of_both
