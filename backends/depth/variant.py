"""Variants of a circuit, and what the way from one to another costs."""

from dataclasses import dataclass, replace

from qkdrp.circuits import PQC, PQCSpec, build_pqc
from qkdrp.circuits.reduce.circuit import reduce_pqc
from qkdrp.circuits.reduce.network import Network
from qkdrp.circuits.reduce.shapes import SHAPES
from qkdrp.common.errors import CircuitError


@dataclass(frozen=True)
class Variant:
    """A circuit, and how it is brought onto a device.

    Args:
        spec: The circuit.
        network: Shape of coupled qubits that the circuit is made anew for, a key of
            :data:`~qkdrp.circuits.reduce.shapes.SHAPES`; empty for the circuit as built.
        keep_tail: Whether the circuit made anew reads each observable from one qubit.
        fractional: Whether gates of any angle are used.

    Raises:
        CircuitError: If the shape is unknown.
    """

    spec: PQCSpec
    network: str = ""
    keep_tail: bool = False
    fractional: bool = False

    def __post_init__(self) -> None:
        """Check the shape."""
        if self.network and self.network not in SHAPES:
            raise CircuitError(f"network = {self.network!r}: choose one of {', '.join(SHAPES)}.")

    @property
    def circuit(self) -> str:
        """Sizes, measurement and entangler, such as ``(4,2,1) multi ring``."""
        spec = self.spec
        sizes = f"({spec.n_qubits},{spec.n_encoding},{spec.n_variational})"
        return f"{sizes} {spec.measurement} {spec.entangler}"

    @property
    def form(self) -> str:
        """How the circuit is written down, such as ``as built`` or ``line network``."""
        form = "absorbed tail" if self.spec.absorb_tail else "as built"
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
    old, new = base.spec, variant.spec
    steps = []
    if variant.network != base.network or variant.keep_tail != base.keep_tail:
        steps.append(Change(f"{variant.form.removesuffix(', fractional gates')}", True))
    elif new.absorb_tail and not old.absorb_tail:
        steps.append(Change("absorb the tail", True))
    if variant.fractional and not base.fractional:
        steps.append(Change("fractional gates", True))
    if new.entangler != old.entangler:
        steps.append(Change(f"entangler {new.entangler}", False))
    for name, what in (("n_variational", "variational"), ("n_encoding", "encoding")):
        fewer = getattr(new, name)
        if fewer != getattr(old, name):
            layers = "layer" if fewer == 1 else "layers"
            steps.append(Change(f"{fewer} {what} {layers} instead of {getattr(old, name)}", False))
    return tuple(steps)


def reductions(variant: Variant, shapes: tuple[str, ...]) -> list[Variant]:
    """Return variants with the same expectation values: tail absorbed, and networks.

    Args:
        variant: The circuit.
        shapes: Shapes of coupled qubits that the device has.
    """
    plain = replace(variant, network="", keep_tail=False)
    absorbed = replace(plain, spec=replace(variant.spec, absorb_tail=True))
    networks = [
        replace(
            variant, spec=replace(variant.spec, absorb_tail=False), network=shape, keep_tail=keep
        )
        for shape in shapes
        for keep in (False, True)
    ]
    return [each for each in (absorbed, *networks) if each != variant]
