"""The family of data re-uploading circuits: names, short forms, smaller circuits, gate counts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.families.reuploading.build import build
from qkdrp.circuits.families.reuploading.spec import PQCSpec
from qkdrp.circuits.family import AS_BUILT, Family, Form, PublishedCounts
from qkdrp.circuits.pqc import PQC

LAYERS = {"n_variational": "variational", "n_encoding": "encoding"}
"""Fields that count layers, and what they are called."""


class Reuploading(Family[PQCSpec]):
    """Circuits of Ito et al. 2025, and the depth-infused layer of Sagingalieva et al. 2023."""

    key = PQCSpec.family
    spec_type = PQCSpec
    usage = (
        "qubits, encoding layers and variational layers, such as 4,2,1, with measurement and "
        "entangler after them where they are others, such as 8,32,5,single"
    )

    def build(self, spec: PQCSpec) -> PQC:
        """Return the circuit of a specification."""
        return build(spec)

    def label(self, spec: PQCSpec) -> str:
        """Return sizes, measurement and entangler, such as ``(4,2,1) multi ring``."""
        sizes = f"({spec.n_qubits},{spec.n_encoding},{spec.n_variational})"
        return f"{sizes} {spec.measurement} {spec.entangler}"

    def file_stem(self, spec: PQCSpec) -> str:
        """Return sizes and measurement, such as ``4-2-1-multi``: names that studies have used."""
        sizes = f"{spec.n_qubits}-{spec.n_encoding}-{spec.n_variational}"
        return f"{sizes}-{spec.measurement}"

    def parse(self, text: str) -> PQCSpec | None:
        """Read ``4,2,1``, ``(4 2 1)`` or ``8,32,5,single,linear``."""
        found = re.fullmatch(
            r"\s*\(?\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)?((?:[\s,]+[a-z]+)*)\s*", text
        )
        if found is None:
            return None
        *sizes, words = found.groups()
        named: dict[str, Any] = {}
        for word in re.findall("[a-z]+", words):
            name = "entangler" if word in ENTANGLERS else "measurement"
            if name in named:
                return None
            named[name] = word
        n_qubits, n_encoding, n_variational = map(int, sizes)
        return PQCSpec(n_qubits, n_encoding, n_variational, **named)

    def forms(self, spec: PQCSpec) -> tuple[Form[PQCSpec], ...]:
        """Return the circuit as built, and with the CNOTs after its last rotation absorbed."""
        built, absorbed = (replace(spec, absorb_tail=value) for value in (False, True))
        return Form(AS_BUILT, built), Form("absorbed tail", absorbed, "absorb the tail")

    def smaller(self, spec: PQCSpec) -> Iterator[tuple[int, PQCSpec]]:
        """Yield circuits with another entangler, or fewer layers.

        An entangler and a variational layer count as one; an encoding layer, which carries
        features, counts as two.
        """
        for entangler, fewer, shorter in product(
            sorted(ENTANGLERS, key=lambda name: name != spec.entangler),
            range(spec.n_variational),
            range(spec.n_encoding),
        ):
            price = (entangler != spec.entangler) + fewer + 2 * shorter
            if price:
                yield (
                    price,
                    replace(
                        spec,
                        entangler=entangler,
                        n_variational=spec.n_variational - fewer,
                        n_encoding=spec.n_encoding - shorter,
                    ),
                )

    def differences(self, old: PQCSpec, new: PQCSpec) -> tuple[str, ...]:
        """Return in words what makes one circuit another, such as ``entangler brick``."""
        found = [f"entangler {new.entangler}"] if new.entangler != old.entangler else []
        for name, what in LAYERS.items():
            fewer, had = getattr(new, name), getattr(old, name)
            if fewer != had:
                layers = "layer" if fewer == 1 else "layers"
                found.append(f"{fewer} {what} {layers} instead of {had}")
        return tuple(found)

    def published_counts(self, spec: PQCSpec) -> PublishedCounts:
        """Return the gates by Team PNU's formula: 4, and one for each qubit, for each layer."""
        layers = spec.n_variational * (spec.n_encoding + 1)
        return PublishedCounts(
            one_qubit=4 * layers,
            two_qubit=spec.n_qubits * layers,
            origin="Team PNU's formula, which counts neither routing nor all rotations",
        )


FAMILY = Reuploading()
"""The family."""
