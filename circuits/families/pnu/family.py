"""The family of Team PNU's circuits: names, short forms, smaller circuits, gate counts."""

import re
from collections.abc import Iterator
from dataclasses import replace

from qkdrp.circuits.families.pnu.build import build
from qkdrp.circuits.families.pnu.spec import ROTATIONS, PnuSpec
from qkdrp.circuits.family import AS_BUILT, Family, Form, PublishedCounts
from qkdrp.circuits.pqc import PQC


class Pnu(Family[PnuSpec]):
    """Circuits of Team PNU 2025: inputs in every layer, X, Y, Z and ZZ read."""

    key = PnuSpec.family
    spec_type = PnuSpec
    needs_name = True  # 4,2 may be 4,2,1 without its last number
    usage = (
        "qubits and layers, such as pnu:4,2, with rotation and measurement after them where they "
        "are others, such as pnu:4,2,xyz"
    )

    def build(self, spec: PnuSpec) -> PQC:
        """Return the circuit of a specification."""
        return build(spec)

    def label(self, spec: PnuSpec) -> str:
        """Return sizes, measurement and rotation, such as ``pnu (4,2) paulis zyz``."""
        return f"pnu ({spec.n_qubits},{spec.n_layers}) {spec.measurement} {spec.rotation}"

    def parse(self, text: str) -> PnuSpec | None:
        """Read ``4,2``, ``(4 2)`` or ``4,2,xyz,multi``."""
        found = re.fullmatch(r"\s*\(?\s*(\d+)[\s,]+(\d+)\s*\)?((?:[\s,]+[a-z]+)*)\s*", text)
        if found is None:
            return None
        n_qubits, n_layers, words = found.groups()
        named: dict[str, str] = {}
        for word in re.findall("[a-z]+", words):
            name = "rotation" if word in ROTATIONS else "measurement"
            if name in named:
                return None
            named[name] = word
        plain = PnuSpec(int(n_qubits), int(n_layers))
        return replace(plain, **named)  # type: ignore[arg-type]  # names of text fields only

    def forms(self, spec: PnuSpec) -> tuple[Form[PnuSpec], ...]:
        """Return the circuit as built, and with the CNOTs after its last rotation absorbed."""
        built, absorbed = (replace(spec, absorb_tail=value) for value in (False, True))
        return Form(AS_BUILT, built), Form("absorbed tail", absorbed, "absorb the tail")

    def smaller(self, spec: PnuSpec) -> Iterator[tuple[int, PnuSpec]]:
        """Yield circuits with fewer layers, which carry the same inputs."""
        for fewer in range(1, spec.n_layers):
            yield fewer, replace(spec, n_layers=spec.n_layers - fewer)

    def differences(self, old: PnuSpec, new: PnuSpec) -> tuple[str, ...]:
        """Return in words what makes one circuit another, such as ``1 layer instead of 2``."""
        found = []
        if new.n_layers != old.n_layers:
            layers = "layer" if new.n_layers == 1 else "layers"
            found.append(f"{new.n_layers} {layers} instead of {old.n_layers}")
        if new.rotation != old.rotation:
            found.append(f"rotation {new.rotation}")
        return tuple(found)

    def published_counts(self, spec: PnuSpec) -> PublishedCounts:
        """Return the gates by Team PNU's formula: 4, and one for each qubit, for each layer."""
        return PublishedCounts(
            one_qubit=4 * spec.n_layers,
            two_qubit=spec.n_qubits * spec.n_layers,
            origin="Team PNU's formula, which counts neither routing nor all rotations",
        )


FAMILY = Pnu()
"""The family."""
