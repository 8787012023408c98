"""Variants of a circuit, and the changes that lead from one to another."""

from dataclasses import dataclass, replace
from typing import Any

from qkdrp.circuits import PQC, CircuitSpec, build_pqc, family_of
from qkdrp.circuits.reduce.circuit import reduce_pqc
from qkdrp.circuits.reduce.network import Network
from qkdrp.circuits.reduce.shapes import SHAPES
from qkdrp.circuits.registry import spec_to_json
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True)
class Variant:
    """A circuit in one of its forms.

    Args:
        spec: The circuit.
        network: Shape of coupled qubits that the circuit is made anew for, a key of
            :data:`~qkdrp.circuits.reduce.shapes.SHAPES`; empty for the circuit as built.
        keep_tail: Whether the circuit made anew reads each observable from one qubit.
        fractional: Whether gates of any angle are used.

    Raises:
        CircuitError: If the shape is unknown.
    """

    spec: CircuitSpec
    network: str = ""
    keep_tail: bool = False
    fractional: bool = False

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.network and self.network not in SHAPES:
            raise CircuitError(f"network = {self.network!r}: choose one of {', '.join(SHAPES)}.")

    @property
    def circuit(self) -> str:
        """The circuit's name, such as ``(4,2,1) multi ring``, the same for all its forms."""
        return family_of(self.spec).label(self.spec)

    @property
    def form(self) -> str:
        """How the circuit is written down, such as ``as built`` or ``line network``."""
        form = family_of(self.spec).form(self.spec).name
        if self.network:
            form = f"{self.network} {'with tail' if self.keep_tail else 'network'}"
        return form + (", fractional gates" * self.fractional)

    def build(self, network: Network | None = None) -> PQC:
        """Return the circuit.

        Args:
            network: What was found for it before, if anything was.
        """
        pqc = build_pqc(self.spec)
        if not self.network:
            return pqc
        return reduce_pqc(pqc, self.network, keep_tail=self.keep_tail, network=network)

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers and text."""
        return {
            "spec": spec_to_json(self.spec),
            "network": self.network,
            "keep_tail": self.keep_tail,
            "fractional": self.fractional,
        }


@dataclass(frozen=True)
class Change:
    """One step from a circuit to a variant.

    Args:
        words: What is done.
        same_values: Whether expectation values stay the same; otherwise it is another circuit,
            which has to be trained anew.
    """

    words: str
    same_values: bool


def changes(base: Variant, variant: Variant) -> tuple[Change, ...]:
    """Return the steps from one variant to another, those that keep all values first."""
    family = family_of(variant.spec)
    form = family.form(variant.spec)
    steps = []
    if (variant.network, variant.keep_tail) != (base.network, base.keep_tail):
        steps.append(Change(replace(variant, fractional=False).form, True))
    elif form.change and form.name != family.form(base.spec).name:
        steps.append(Change(form.change, True))
    if variant.fractional and not base.fractional:
        steps.append(Change("fractional gates", True))
    steps += [Change(words, False) for words in family.differences(base.spec, variant.spec)]
    return tuple(steps)


def reductions(variant: Variant, shapes: tuple[str, ...]) -> list[Variant]:
    """Return variants with the same expectation values: the family's forms, and networks.

    Args:
        variant: The circuit.
        shapes: Shapes of coupled qubits that the device has; none for a circuit of which no
            network can be made.
    """
    built, *others = family_of(variant.spec).forms(variant.spec)
    plain = replace(variant, network="", keep_tail=False)
    networks = [
        replace(variant, spec=built.spec, network=shape, keep_tail=keep)
        for shape in shapes
        for keep in (False, True)
    ]
    forms = [replace(plain, spec=form.spec) for form in others]
    return [each for each in (*forms, *networks) if each != variant]
