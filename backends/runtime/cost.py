"""What jobs cost, estimated before they are sent."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from qiskit.primitives.containers.estimator_pub import EstimatorPub
from qiskit.transpiler import Target

from qkdrp.backends.base import CostEstimate
from qkdrp.backends.isa.durations import critical_path, gate_durations, readout_duration
from qkdrp.backends.runtime.client_adapters import EstimatorAdapter, Load, measurement_bases
from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.price import Price
from qkdrp.backends.runtime.quota import Quota
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError

MICRO = 1e-6

OVERHEAD_SECONDS = 2.0
"""Of each job, whatever it runs.

IBM's formula, from its guide on workload usage: ``overhead + (rep_delay + circuit length) *
executions``; its quick form is ``2 + 0.00035 * executions``.
"""

MOST_EXECUTIONS = 10_000_000
"""Of one job: IBM's limit (guide on job limits); shots counted."""

MOST_PAYLOAD = 20_000_000
"""Bytes of one job: ours; requests of this size are sent in seconds and never refused."""

MOST_POINTS = 10_000
"""Points of one job: ours; the client prepares these in seconds, four times as many in minutes."""

LONG_DELAY = 1e-3
"""Seconds between two executions from which on a cost says that the delay decides it."""


@dataclass(frozen=True)
class RuntimeCost(CostEstimate):
    """What an evaluation costs on a device.

    Args:
        pubs: Primitive unified blocs, one in each job.
        executions: Circuit executions, shots not counted.
        shots: Shots over all executions.
        points: Parameter points.
        bases: Measurement settings.
        payload: Bytes sent.
        seconds: Estimated seconds of the device.
        rep_delay: Seconds between executions.
        circuit_seconds: Seconds of the circuit, readout included.
        two_qubit_gates: Gates on two qubits of the circuit, routing included.
        device: Name.
        instance: Who pays.
        plan: How.
        queue: Jobs that wait there already.
        halted: Why the device runs no jobs now; empty where it does.
        estimator: Which estimator of the client.
        delays: The least and longest seconds between executions that the device takes, if any.
        price: Of a second; None where the user gave none.
        quota: What is left of the account's time; None for a fake device.
    """

    points: int
    bases: int
    payload: int
    seconds: float
    rep_delay: float
    circuit_seconds: float
    two_qubit_gates: int
    device: str
    instance: str
    plan: str
    queue: int
    halted: str
    estimator: str
    delays: tuple[float, float] | None = None
    price: Price | None = None
    quota: Quota | None = None

    def __add__(self, other: Self) -> Self:
        """Return what both cost together, on the same device."""
        return replace(
            super().__add__(other),
            points=self.points + other.points,
            bases=max(self.bases, other.bases),
            payload=self.payload + other.payload,
            seconds=self.seconds + other.seconds,
            circuit_seconds=max(self.circuit_seconds, other.circuit_seconds),
            two_qubit_gates=max(self.two_qubit_gates, other.two_qubit_gates),
        )

    def to_json(self) -> dict[str, Any]:
        """Return all as plain numbers and text."""
        return asdict(self)

    def summary(self) -> str:
        """Return points, bases, gates and seconds in words."""
        return (
            f"{_counted(self.points, 'point')}, "
            f"{_counted(self.bases, 'measurement basis', 'measurement bases')}, "
            f"{_counted(self.two_qubit_gates, 'two-qubit gate')}, about {self.seconds:.1f} s"
        )

    def lines(self) -> list[str]:
        """Return device, instance, jobs and time, in words."""
        halted = f" (not active: {self.halted})" if self.halted else ""
        lines = [
            f"device   {self.device}{halted}, {self.queue} jobs in the queue; estimator "
            f"{self.estimator}",
            f"pays     instance {self.instance}, plan {self.plan}",
            f"jobs     {self.pubs}, one PUB each; {_counted(self.points, 'point')}, "
            f"{_counted(self.bases, 'measurement basis', 'measurement bases')}; "
            f"{self.executions:,} circuits, {self.shots:,} executions; {self.payload:,} bytes",
            f"time     about {self.seconds:.1f} s of the device: {OVERHEAD_SECONDS:g} s for each "
            f"job + ({_micro(self.rep_delay)} us delay + {self.circuit_seconds / MICRO:.1f} us "
            "circuit) x executions",
        ]
        if self.rep_delay >= LONG_DELAY:
            lines.append(f"delay    {self._about_delay()}")
        if self.price is not None:
            lines.append(
                f"money    about {self.price.of(self.seconds)}, at {self.price} for each second"
            )
        if self.quota is not None:
            over = "; this takes more: refused without --over-quota" if self.over_quota else ""
            lines.append(f"quota    {self.quota.line()}{over}")
        return lines

    @property
    def over_quota(self) -> bool:
        """Whether it takes more than what is left of the account's time."""
        return self.quota is not None and self.quota.short_of(self.seconds)

    def seconds_with(self, rep_delay: float) -> float:
        """Return the seconds with another delay between executions."""
        return self.seconds + (rep_delay - self.rep_delay) * self.shots

    def _about_delay(self) -> str:
        """Return how much of the time is delay, and what a shorter one would take."""
        share = self.rep_delay * self.shots / self.seconds
        text = f"{share:.0%} of this time is delay between executions"
        if self.delays is None or self.delays[0] >= self.rep_delay:
            return text
        least, longest = self.delays
        return (
            f"{text}; {self.device} takes {least:g} to {longest:g} s: with --rep-delay {least:g} "
            f"about {self.seconds_with(least):.1f} s"
        )


def tell_nobody(_cost: RuntimeCost) -> None:
    """Take no notice of a cost."""


def estimate(
    device: Device,
    adapter: EstimatorAdapter,
    settings: RuntimeSettings,
    pubs: Sequence[EstimatorPub],
    loads: Sequence[Load],
) -> RuntimeCost:
    """Add up what jobs of one circuit cost.

    Args:
        device: Where they run.
        adapter: How they are sent.
        settings: How they are run.
        pubs: One for each job.
        loads: Of each job.
    """
    executed = sum(load.executions for load in loads)
    length = circuit_seconds(pubs[0], device.backend.target)
    queue = device.queue()
    return RuntimeCost(
        pubs=len(pubs),
        executions=math.ceil(executed / settings.shots),
        shots=executed,
        points=sum(pub.parameter_values.size for pub in pubs),
        bases=measurement_bases(pubs[0]),
        payload=sum(load.payload for load in loads),
        seconds=sum(qpu_seconds(load.executions, device.rep_delay, length) for load in loads),
        rep_delay=device.rep_delay,
        circuit_seconds=length,
        two_qubit_gates=pubs[0].circuit.num_nonlocal_gates(),
        device=device.name,
        instance=device.instance,
        plan=device.plan,
        queue=queue.jobs,
        halted=queue.halted,
        estimator=adapter.name,
        delays=device.delays,
    )


def qpu_seconds(executions: int, rep_delay: float, length: float) -> float:
    """Return the estimated seconds of one job by IBM's formula.

    Args:
        executions: Shots over all circuits.
        rep_delay: Seconds between executions.
        length: Seconds of the circuit.
    """
    return OVERHEAD_SECONDS + (rep_delay + length) * executions


def circuit_seconds(pub: EstimatorPub, target: Target) -> float:
    """Return how long a circuit takes on the device, readout included.

    Args:
        pub: With a circuit in the device's gates.
        target: The device.
    """
    return critical_path(pub.circuit, gate_durations(target)) + readout_duration(
        target, range(target.num_qubits)
    )


def _counted(number: int, one: str, several: str = "") -> str:
    """Return a number of things in words, such as ``3 points``."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def _micro(seconds: float) -> str:
    return f"{round(seconds / MICRO, 3):,.10g}"


def refuse_above(cost: RuntimeCost, spent: float, settings: RuntimeSettings) -> None:
    """Raise where jobs would take more of the device than they may.

    Args:
        cost: Of what is to be sent.
        spent: Estimated seconds of what was sent before.
        settings: Which hold the limit.

    Raises:
        BackendError: Says the estimate and the option that raises the limit.
    """
    wanted = cost.seconds + spent
    if wanted > settings.max_qpu_seconds:
        before = f" after {spent:.1f} s before" if spent else ""
        raise BackendError(
            f"Estimated {cost.seconds:.1f} s of {cost.device}{before} ({cost.shots:,} executions, "
            f"{cost.pubs} jobs), above the limit of {settings.max_qpu_seconds:g} s: nothing was "
            f"sent; allow it with --max-qpu-seconds {math.ceil(wanted)}, or take fewer --shots."
        )


def refuse_over_quota(cost: RuntimeCost) -> None:
    """Raise where jobs would take more than what is left of the account's time.

    Raises:
        BackendError: Says what is left, and the option that sends them all the same.
    """
    if cost.quota is not None and cost.over_quota:
        raise BackendError(
            f"Estimated {cost.seconds:.1f} s of {cost.device}, above the {cost.quota.left:.1f} s "
            f"that are left to the account: {cost.quota.line()}; nothing was sent; take fewer "
            "--shots, wait until time comes back, or send it all the same with --over-quota."
        )
