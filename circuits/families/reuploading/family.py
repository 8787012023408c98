"""The family of data re-uploading circuits: names, short forms, smaller circuits, gate counts."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

from qkdrp.circuits.entanglers import ENTANGLERS, NONE
from qkdrp.circuits.families.reuploading.build import build
from qkdrp.circuits.families.reuploading.spec import ROTATIONS, PQCSpec
from qkdrp.circuits.family import AS_BUILT, Family, Form, PublishedCounts
from qkdrp.circuits.pqc import PQC

KIND_OF_WORD = dict.fromkeys(ENTANGLERS, "entangler") | dict.fromkeys(ROTATIONS, "rotation")
"""The field that a word of the short form is for; the measurement for all others."""

LAYERS = {"n_variational": "variational", "n_encoding": "encoding"}
"""Fields that count layers, and what they are called."""


class Reuploading(Family[PQCSpec]):
    """Circuits of Ito et al. 2025, and the depth-infused layer of Sagingalieva et al. 2023."""

    key = PQCSpec.family
    spec_type = PQCSpec
    usage = (
        "qubits, encoding layers and variational layers, such as 4,2,1, with measurement, "
        "entangler and rotation after them where they are others, such as 8,32,5,single"
    )

    def build(self, spec: PQCSpec) -> PQC:
        """Return the circuit of a specification."""
        return build(spec)

    def label(self, spec: PQCSpec) -> str:
        """Return sizes, measurement and entangler, such as ``(4,2,1) multi ring``.

        A rotation other than the paper's stands between the two: ``(4,2,1) multi ry ring``.
        """
        sizes = f"({spec.n_qubits},{spec.n_encoding},{spec.n_variational})"
        turned = "" if spec.rotation == ROTATIONS[0] else f" {spec.rotation}"
        return f"{sizes} {spec.measurement}{turned} {spec.entangler}"

    def file_stem(self, spec: PQCSpec) -> str:
        """Return sizes and measurement, such as ``4-2-1-multi``: names that studies have used."""
        sizes = f"{spec.n_qubits}-{spec.n_encoding}-{spec.n_variational}"
        turned = "" if spec.rotation == ROTATIONS[0] else f"-{spec.rotation}"
        return f"{sizes}-{spec.measurement}{turned}"

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
            name = KIND_OF_WORD.get(word, "measurement")
            if name in named:
                return None
            named[name] = word
        n_qubits, n_encoding, n_variational = map(int, sizes)
        return PQCSpec(n_qubits, n_encoding, n_variational, **named)

    def to_json(self, spec: PQCSpec) -> dict[str, Any]:
        """Return a specification as plain numbers and text, the paper's rotation left out.

        Files and keys of finished work were written before there was a choice.
        """
        content = super().to_json(spec)
        if spec.rotation == ROTATIONS[0]:
            del content["rotation"]
        return content

    def forms(self, spec: PQCSpec) -> tuple[Form[PQCSpec], ...]:
        """Return the circuit as built, and with the CNOTs after its last rotation absorbed."""
        built, absorbed = (replace(spec, absorb_tail=value) for value in (False, True))
        return Form(AS_BUILT, built), Form("absorbed tail", absorbed, "absorb the tail")

    def smaller(self, spec: PQCSpec) -> Iterator[tuple[int, PQCSpec]]:
        """Yield circuits with another entangler, or fewer layers.

        An entangler and a variational layer count as one; an encoding layer, which carries
        features, counts as two. None at all is no entangler to go on with: it would meet every
        rule, as a circuit of single qubits.
        """
        entanglers = [name for name in ENTANGLERS if name != NONE or name == spec.entangler]
        for entangler, fewer, shorter in product(
            sorted(entanglers, key=lambda name: name != spec.entangler),
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
        choices = ("entangler", "rotation")
        changed = [name for name in choices if getattr(new, name) != getattr(old, name)]
        found = [f"{name} {getattr(new, name)}" for name in changed]
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
