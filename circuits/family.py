"""Protocol of a circuit family: all that reports, studies and files ask of it."""

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Generic, Protocol, TypeVar

from qkdrp.circuits.pqc import PQC
from qkdrp.circuits.spec import CircuitSpec
from qkdrp.common.errors import CircuitError

Spec = TypeVar("Spec", bound=CircuitSpec)

AS_BUILT = "as built"
"""Name of the form in which a family builds its circuits first."""


@dataclass(frozen=True)
class Form(Generic[Spec]):
    """One of several circuits with the same expectation values.

    Args:
        name: Such as ``absorbed tail``.
        spec: The specification that builds it.
        change: What leads there from the circuit as built, such as ``absorb the tail``.
    """

    name: str
    spec: Spec
    change: str = ""


@dataclass(frozen=True)
class PublishedCounts:
    """Gates of a circuit as a paper counts them.

    Args:
        one_qubit: Gates on one qubit.
        two_qubit: Gates on two qubits.
        origin: Whose count it is, and what it leaves out.
    """

    one_qubit: int
    two_qubit: int
    origin: str


class Family(Protocol[Spec]):
    """A kind of circuits: a frozen specification, and the circuit that it stands for.

    A family derives from this class and gives ``key``, ``spec_type``, ``usage``, :meth:`build`,
    :meth:`label` and :meth:`parse`; all else has a default. Its specifications have the key as
    their ``family``.

    Attributes:
        key: Name of the family.
        spec_type: Class of its specifications, a frozen dataclass.
        usage: What :meth:`parse` reads, for messages; empty where it reads nothing.
        needs_name: Whether its short forms are read only after its key and a colon, since they
            look like another family's.
    """

    key: str
    spec_type: type[Spec]
    usage: str
    needs_name: bool = False

    @abstractmethod
    def build(self, spec: Spec) -> PQC:
        """Return the circuit of a specification.

        Raises:
            CircuitError: If it cannot be built.
        """

    @abstractmethod
    def label(self, spec: Spec) -> str:
        """Return a circuit's name in reports, the same for all its forms."""

    @abstractmethod
    def parse(self, text: str) -> Spec | None:
        """Return the specification that a short text stands for; None for another family's text.

        Raises:
            CircuitError: If a size is too small or a choice unknown.
        """

    def file_stem(self, spec: Spec) -> str:
        """Return a circuit's name in names of files."""
        return re.sub(r"[^\w.]+", "-", self.label(spec)).strip("-")

    def to_json(self, spec: Spec) -> dict[str, Any]:
        """Return a specification as plain numbers and text."""
        plain: Any = spec
        return asdict(plain)

    def from_json(self, content: Mapping[str, Any]) -> Spec:
        """Return the specification that :meth:`to_json` wrote.

        Raises:
            TypeError: If a field is missing or unknown.
            CircuitError: If a value is wrong.
        """
        return self.spec_type(**content)

    def with_choices(self, spec: Spec, **choices: Any) -> Spec:  # noqa: ANN401  # as fields are
        """Return a specification with other values of some fields.

        Raises:
            CircuitError: If the family has no such field, or a value is wrong.
        """
        plain: Any = spec
        missing = sorted(choices.keys() - {field.name for field in fields(plain)})
        if missing:
            raise CircuitError(
                f"Circuits of the family {self.key} have no {' and no '.join(missing)}: "
                "leave the option out."
            )
        changed: Spec = replace(plain, **choices)
        return changed

    def forms(self, spec: Spec) -> tuple[Form[Spec], ...]:
        """Return all specifications with the same expectation values, that as built first."""
        return (Form(AS_BUILT, spec),)

    def form(self, spec: Spec) -> Form[Spec]:
        """Return the form that a specification itself builds."""
        return next(form for form in self.forms(spec) if form.spec == spec)

    def smaller(self, spec: Spec) -> Iterator[tuple[int, Spec]]:  # noqa: ARG002  # a default
        """Yield other circuits of the family that ask less of a device.

        Args:
            spec: The circuit.

        Yields:
            How much is given up, 1 or more, and the specification, in the same form.
        """
        return iter(())

    def differences(self, old: Spec, new: Spec) -> tuple[str, ...]:
        """Return in words what makes one circuit another, forms aside."""
        before, after = (self.to_json(self.forms(spec)[0].spec) for spec in (old, new))
        changed = [name for name in after if after[name] != before[name]]
        return tuple(f"{name} {after[name]} instead of {before[name]}" for name in changed)

    def published_counts(self, spec: Spec) -> PublishedCounts | None:  # noqa: ARG002  # as above
        """Return how many gates a paper counts; None where none does."""
        return None
