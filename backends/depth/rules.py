"""Rules for a circuit on a device, and their verdicts in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from qkdrp.backends.depth.logical import Logical
from qkdrp.backends.depth.row import DepthRow
from qkdrp.backends.depth.volume import QuantumVolume
from qkdrp.common.errors import BackendError


@dataclass(frozen=True)
class Limits:
    """Limits of the rules.

    Args:
        success: Least success, by gates and readouts and by EPLG.
        duration: Largest duration, as a share of the shortest of T1 and T2.

    Raises:
        BackendError: If a share is not between 0 and 1.
    """

    success: float = 0.5
    duration: float = 0.3

    def __post_init__(self) -> None:
        """Check the shares."""
        for name, value in vars(self).items():
            if not 0 < value < 1:
                raise BackendError(f"limit of {name} = {value:g}: expected between 0 and 1.")


@dataclass(frozen=True)
class Verdict:
    """What a rule says.

    Args:
        rule: A key of :data:`RULES`.
        met: None where a number is missing that the rule needs.
        words: Why.
    """

    rule: str
    met: bool | None
    words: str


@dataclass(frozen=True)
class Rule:
    """A rule.

    Args:
        title: What it asks.
        judge: Judges a row.
        possible: Whether a circuit could meet it on a device that routes it for nothing; spares
            the transpilations of circuits that could not.
    """

    title: str
    judge: Callable[[DepthRow, Limits], Verdict]
    possible: Callable[[Logical, QuantumVolume | None], bool]


def _anything(_logical: Logical, _volume: QuantumVolume | None) -> bool:
    return True


def _volume_rule(
    name: str, what: str, depth_of: Callable[[DepthRow], int]
) -> Callable[..., Verdict]:
    def judge(row: DepthRow, _limits: Limits) -> Verdict:
        if row.volume is None:
            return Verdict(name, None, "quantum volume unknown: give it with --qv")
        side, width, depth = row.volume.side, row.logical.qubits, depth_of(row)
        met = width <= side and depth <= side
        wanted = f"log2 {row.volume.value} = {side} ({row.volume.origin})"
        return Verdict(name, met, f"{width} qubits, {what} {depth}; allowed {wanted}")

    return judge


def _success(row: DepthRow, limits: Limits) -> Verdict:
    found = row.trial.success
    parts = (
        f"two-qubit gates {row.trial.two_qubit_success:.3f}, one-qubit gates "
        f"{row.trial.one_qubit_success:.3f}, readout {row.trial.readout_success:.3f}"
    )
    words = f"{found:.3f} of {limits.success:g} wanted: {parts}"
    return Verdict("success", found >= limits.success, words)


def _eplg(row: DepthRow, limits: Limits) -> Verdict:
    found = row.eplg_success
    if found is None or row.eplg is None:
        return Verdict("eplg", None, "the device tells no layer fidelity")
    words = (
        f"{found:.3f} of {limits.success:g} wanted: EPLG {row.eplg:.3%} on a chain of "
        f"{row.eplg_chain}, {row.trial.two_qubit_gates} two-qubit gates"
    )
    return Verdict("eplg", found >= limits.success, words)


def _duration(row: DepthRow, limits: Limits) -> Verdict:
    share = row.duration_share
    if share is None:
        return Verdict("duration", None, "the device tells no durations, or no T1 and T2")
    words = f"{row.trial.duration * 1e6:.1f} us are {share:.1%} of the shortest of T1 and T2"
    return Verdict("duration", share <= limits.duration, f"{words}; allowed {limits.duration:.0%}")


def _fits(depth_of: Callable[[Logical], int]) -> Callable[[Logical, QuantumVolume | None], bool]:
    def possible(logical: Logical, volume: QuantumVolume | None) -> bool:
        return volume is not None and max(logical.qubits, depth_of(logical)) <= volume.side

    return possible


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "qv_logical": Rule(
            "quantum volume, literally: qubits and logical depth at most log2 QV",
            _volume_rule("qv_logical", "logical depth", lambda row: row.logical.depth),
            _fits(lambda logical: logical.depth),
        ),
        "qv_two_qubit": Rule(
            "quantum volume: qubits and transpiled two-qubit depth at most log2 QV",
            _volume_rule("qv_two_qubit", "two-qubit depth", lambda row: row.trial.two_qubit_depth),
            _fits(lambda logical: logical.two_qubit_depth),
        ),
        "success": Rule("success of all gates and readouts", _success, _anything),
        "eplg": Rule("success by error per layered gate", _eplg, _anything),
        "duration": Rule("duration against T1 and T2", _duration, _anything),
    }
)
"""Rules by name."""


def judge(row: DepthRow, limits: Limits) -> tuple[Verdict, ...]:
    """Return the verdict of every rule on a row."""
    return tuple(rule.judge(row, limits) for rule in RULES.values())
