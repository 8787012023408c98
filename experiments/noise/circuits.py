"""The circuits of the study: prepared once, kept in its folder, handed to every task."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path

from qkdrp.backends.isa.prepare import PreparedCircuit, prepare
from qkdrp.backends.isa.prepared_file import (
    CIRCUIT,
    MAPPING,
    load_prepared,
    pack_prepared,
    save_prepared,
    unpack_prepared,
)
from qkdrp.backends.noise.levels import LevelReader
from qkdrp.backends.noise.sources import find_source
from qkdrp.circuits import CircuitSpec, build_pqc, family_of
from qkdrp.circuits.digest import legacy_digest
from qkdrp.systems.response.config import Settings

FOLDER = "circuits"
"""Where the folder of a study keeps them."""


class PackedCircuit(Settings):
    """A prepared circuit as text, to be sent to workers and kept with results.

    Args:
        source: The source of noise that it is prepared for.
        detail: What else that source says, such as the date of a calibration.
        digest: Of instructions and observables.
        qpy: The circuit, QPY in base 64; differs between two packings of the same circuit.
        mapping: Physical qubits, observables and so on, JSON.
    """

    source: str
    detail: str
    digest: str
    qpy: str
    mapping: str

    @classmethod
    def pack(cls, prepared: PreparedCircuit, source: str) -> "PackedCircuit":
        """Return a circuit as text.

        Args:
            prepared: The circuit.
            source: What it is prepared for, as on the command line.
        """
        detail = find_source(source).detail
        files = pack_prepared(prepared, calibration=detail)
        # Tasks of the first version are known by it; it tells circuits of device gates apart.
        digest = legacy_digest(prepared.pqc.circuit, prepared.pqc.observables)
        return cls(
            source=source,
            detail=detail,
            digest=digest,
            qpy=b64encode(files[CIRCUIT]).decode(),
            mapping=files[MAPPING].decode(),
        )

    def unpack(self) -> PreparedCircuit:
        """Return the circuit."""
        files = {CIRCUIT: b64decode(self.qpy), MAPPING: self.mapping.encode()}
        return unpack_prepared(files, "the circuit of a task")


@lru_cache(maxsize=16)
def reader_of(packed: PackedCircuit) -> LevelReader:
    """Return what reads a circuit under noise, made once in a process."""
    return LevelReader(packed.unpack(), find_source(packed.source))


class Shelf:
    """The circuits of a study, prepared for each source of noise, by their specification.

    Args:
        specs: Of the circuits.
        sources: Of noise, as on the command line.
        folder: Of a study that is resumed, whose circuits are taken; None for a new one.
        on_trial: Called after each trial of the transpiler with the circuit's name, how many trials
            are done and how many there are.

    Raises:
        BackendError: If a device or this machine is too small, or a stored circuit is damaged.
    """

    def __init__(
        self,
        specs: Iterable[CircuitSpec],
        sources: Iterable[str],
        folder: Path | None = None,
        on_trial: Callable[[str, int, int], None] = lambda _what, _done, _total: None,
    ) -> None:
        self._packed: dict[tuple[CircuitSpec, str], PackedCircuit] = {}
        pairs = [(spec, source) for source in sources for spec in dict.fromkeys(specs)]
        for spec, source in pairs:
            name = _name(spec, source)
            kept = None if folder is None else folder / FOLDER / name
            if kept is not None and (kept / MAPPING).is_file():  # which is written last
                prepared = load_prepared(kept)
            else:
                noise, pqc = find_source(source), build_pqc(spec)
                target = noise.target(pqc.circuit.num_qubits)
                told = partial(on_trial, name)
                prepared = prepare(pqc, target, noise.name, on_trial=told)
            self._packed[spec, source] = PackedCircuit.pack(prepared, source)

    def of(self, spec: CircuitSpec) -> tuple[PackedCircuit, ...]:
        """Return a circuit as prepared for each source of noise."""
        return tuple(packed for (each, _), packed in self._packed.items() if each == spec)

    def describe(self) -> Iterator[str]:
        """Yield a line for each circuit: device, physical qubits, gates."""
        for (spec, _), packed in self._packed.items():
            made = packed.unpack()
            yield (
                f"circuit {family_of(spec).label(spec)} on {made.device} ({packed.detail}): "
                f"physical qubits {', '.join(map(str, made.qubits))}, "
                f"{made.two_qubit_gates} two-qubit gates, "
                f"depth {made.depth}, estimated success {made.success:.3f}"
            )

    def save(self, folder: Path) -> None:
        """Write the circuits into the folder of a study."""
        for (spec, source), packed in self._packed.items():
            kept = folder / FOLDER / _name(spec, source)
            if not (kept / MAPPING).is_file():
                kept.mkdir(parents=True, exist_ok=True)
                save_prepared(packed.unpack(), kept, calibration=packed.detail)


def _name(spec: CircuitSpec, source: str) -> str:
    return re.sub(r"[^\w.-]+", "_", f"{source}-{family_of(spec).file_stem(spec)}")
