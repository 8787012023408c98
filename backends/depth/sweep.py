"""Many transpilations in worker processes, each done once and kept in the cache."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import joblib
from qiskit.exceptions import QiskitError

from qkdrp.backends.depth.cache import Cache, code_version
from qkdrp.backends.depth.device import DeviceSnapshot
from qkdrp.backends.depth.trial import Trial, try_out
from qkdrp.backends.depth.variant import Variant
from qkdrp.backends.workers import end_workers, start_workers
from qkdrp.circuits import PQC, build_pqc
from qkdrp.circuits.digest import pqc_digest
from qkdrp.circuits.reduce.circuit import plan_network
from qkdrp.circuits.reduce.network import Network
from qkdrp.common.digests import digest_of
from qkdrp.common.errors import BackendError, CircuitError

FEW = 40
"""Transpilations that are done sooner than worker processes start."""

FEW_NETWORKS = 6
"""Searches likewise."""

Progress = Callable[[str, int, int], None]
"""Called with what is counted, how many are done and how many there are."""


@dataclass(frozen=True)
class Request:
    """Transpilations of one circuit for one device at one level.

    Args:
        variant: The circuit.
        device: Name of the device.
        level: Optimisation level.
        seeds: Of the transpiler.
    """

    variant: Variant
    device: str
    level: int
    seeds: tuple[int, ...]


class Sweep(AbstractContextManager["Sweep"]):
    """Does transpilations that are not in the cache, in worker processes where there are many.

    Args:
        devices: Devices by name.
        cache: What was done before; takes what is done now.
        workers: Processes; 0 for as many as there are cores.
        on_progress: Called after each step.
    """

    def __init__(
        self,
        devices: Mapping[str, DeviceSnapshot],
        cache: Cache,
        workers: int = 0,
        on_progress: Progress = lambda _what, _done, _total: None,
    ) -> None:
        self.devices, self.cache, self.on_progress = devices, cache, on_progress
        self._workers = workers or joblib.cpu_count()
        self._executor: Executor | None = None
        self._circuits: dict[Variant, PQC] = {}
        self._digests = {name: device.digest() for name, device in devices.items()}

    def __exit__(self, kind: object, *_: object) -> None:
        """End the workers, at once after an error."""
        if self._executor is not None:
            end_workers(self._executor, at_once=kind is not None)
            self._executor = None

    def circuit(self, variant: Variant) -> PQC:
        """Return the circuit of a variant, built once."""
        if variant not in self._circuits:
            self.build([variant])
        return self._circuits[variant]

    def build(self, variants: Iterable[Variant]) -> dict[Variant, str]:
        """Build circuits, with a search for the networks of those that have one.

        Returns:
            Why a network could not be found, for those of which none was.
        """
        new = [each for each in dict.fromkeys(variants) if each not in self._circuits]
        plans: dict[Variant, tuple[Any, ...]] = {}
        for each in new:
            if each.network:
                plans[each] = (build_pqc(each.spec), each.network, each.keep_tail)
            else:
                self._circuits[each] = each.build()
        keys = {each: _plan_key(*plan) for each, plan in plans.items()}
        failed = {}
        for each, found in self._all("networks", _plan, plans, keys, FEW_NETWORKS):
            if isinstance(found, str):
                failed[each] = found
                continue
            start, gates = found
            network = Network(tuple(start), tuple((a, b) for a, b in gates))
            self._circuits[each] = each.build(network)
        return failed

    def trials(self, requests: Iterable[Request]) -> dict[Request, tuple[Trial, ...]]:
        """Return the trials of each request, seed by seed in its order."""
        wanted = list(dict.fromkeys(requests))
        self.build(each.variant for each in wanted)
        circuits = {each: self._circuits[each] for each in {one.variant for one in wanted}}
        digests = {each: pqc_digest(pqc) for each, pqc in circuits.items()}
        jobs, keys = {}, {}
        for each in wanted:
            placed = bool(each.variant.network)
            for seed in each.seeds:
                how = each.level, seed, placed
                jobs[each, seed] = circuits[each.variant], self.devices[each.device], *how
                keys[each, seed] = digest_of(
                    [digests[each.variant], self._digests[each.device], *how, code_version()]
                )
        found = dict(self._all("transpilations", _try, jobs, keys, FEW))
        return {
            each: tuple(Trial.from_json(found[each, seed]) for seed in each.seeds)
            for each in wanted
        }

    def _all(
        self,
        what: str,
        work: Callable[..., Any],
        jobs: Mapping[Any, tuple[Any, ...]],
        keys: Mapping[Any, str],
        few: int,
    ) -> Iterator[tuple[Any, Any]]:
        """Yield each job and what came out, from the cache or done now."""
        missing = {}
        for job, key in keys.items():
            kept = self.cache.get(key)
            if kept is None:
                missing[job] = jobs[job]
            else:
                yield job, kept
        if not missing:
            return
        self.on_progress(what, 0, len(missing))
        for done, (job, made) in enumerate(self._do(work, missing, few)):
            self.cache.put(keys[job], made)
            self.on_progress(what, done + 1, len(missing))
            yield job, made

    def _do(
        self, work: Callable[..., Any], jobs: Mapping[Hashable, tuple[Any, ...]], few: int
    ) -> Iterator[tuple[Any, Any]]:
        if self._workers == 1 or len(jobs) <= few:
            yield from ((job, work(*arguments)) for job, arguments in jobs.items())
            return
        if self._executor is None:
            self._executor = start_workers(self._workers)
        futures = {self._executor.submit(work, *arguments): job for job, arguments in jobs.items()}
        yield from ((futures[each], each.result()) for each in as_completed(futures))


def _try(pqc: PQC, device: DeviceSnapshot, level: int, seed: int, placed: bool) -> dict[str, Any]:
    try:
        return try_out(pqc, device, level, seed, placed=placed)[1].to_json()
    except QiskitError as error:
        why = " ".join(str(error.message).split())
        raise BackendError(
            f"{device.name}: the transpiler could not fit a circuit of {pqc.circuit.num_qubits} "
            f"qubits at level {level} ({why}); leave the device out."
        ) from None


def _plan(pqc: PQC, shape: str, keep_tail: bool) -> list[Any] | str:
    try:
        network = plan_network(pqc, shape, keep_tail=keep_tail)
    except CircuitError as error:
        return str(error)
    return [list(network.start), [list(gate) for gate in network.gates]]


def _plan_key(pqc: PQC, shape: str, keep_tail: bool) -> str:
    circuit = pqc_digest(pqc)
    return digest_of([circuit, "network", shape, keep_tail, code_version()])
