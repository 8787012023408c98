"""The options of noisy and paid backends, as settings; imports nothing that takes time.

Descriptions of fields are what the help of commands says. An option that is left out is None; the
backend's own default stands for it then.
"""

from pathlib import Path
from typing import Any

from pydantic import Field

from qkdrp.backends.noise.device_parts import DEVICE_PARTS
from qkdrp.backends.qnn.gradients import GRADIENTS
from qkdrp.backends.runtime.settings import EstimatorName, Mode
from qkdrp.common.settings import Settings, any_of


def _left_out(description: str, default: str = "", **shown: str) -> Any:  # noqa: ANN401
    """Return a field that is None where it is left out.

    Args:
        description: Its help.
        default: What stands for it then; nothing where that goes without saying.
        **shown: How the command line shows it, see :mod:`qkdrp.cli.options_from_models`.
    """
    told = f"{description} [default: {default}]" if default else description
    return Field(default=None, description=told, json_schema_extra=dict(shown))


class NoiseOptions(Settings):
    """Options of :class:`~qkdrp.backends.aer_noisy.AerNoisy`, under the same names.

    Args:
        noise: Where noise comes from.
        noise_scale: What every error probability is multiplied by.
        noise_parts: Which parts of the noise are on, with commas between.
        shots: Shots of each evaluation; 0 for infinitely many. Hardware takes it, too.
        method: How noisy values are found.
        trajectories: Of each evaluation without density matrix or shots.
        gradient: Gradient of noisy values. Hardware takes it, too.
        train_noise: Whether training draws random Pauli errors in the exact engine instead.
        train_trajectories: Random errors averaged for each sample of a batch.
    """

    noise: str | None = _left_out(
        "A fake device such as fake_torino (the default), 'depolarizing:p1=P,p2=P,readout=P' with "
        "probabilities, or a file with a noise model of Aer as JSON.",
        metavar="SOURCE",
    )
    noise_scale: float | None = _left_out(
        "Multiply every error probability; gate durations, too, for relaxation.", "1"
    )
    noise_parts: str | None = _left_out(
        f"Which parts are on, such as {','.join(DEVICE_PARTS)}.",
        "all that the source has",
        metavar="PARTS",
    )
    shots: int | None = _left_out("Shots of each evaluation; 0 for infinitely many.", "0")
    method: str | None = _left_out(
        "density_matrix, trajectories, pauli_trajectories (quickest for long circuits; noise is "
        "twirled to Pauli errors), or auto: density matrices up to 10 qubits, and the last where "
        "they take long and all noise is Pauli errors.",
        "auto",
        metavar="NAME",
    )
    trajectories: int | None = _left_out(
        "Trajectories of each value without density matrix or shots.", "1024; 128 of Pauli errors"
    )
    gradient: str | None = _left_out(
        f"Gradient of noisy values: {any_of(GRADIENTS)}.", "shift", metavar="NAME"
    )
    train_noise: bool | None = _left_out(
        "Train with random Pauli errors instead of gradients of noisy values.", flag="--train-noise"
    )
    train_trajectories: int | None = _left_out(
        "Random errors averaged for each sample of a batch.", "1"
    )

    def of_backend(self) -> dict[str, Any]:
        """Return what was given, by the names of the backend's options."""
        return self.model_dump(exclude_none=True)


class HardwareOptions(Settings):
    """Options of :class:`~qkdrp.backends.ibm_runtime.IbmRuntime`, and of a call that uses it.

    Args:
        device: Name of the device.
        instance: Name or CRN of the account's instance.
        mode: How jobs are grouped.
        resilience: Level of error mitigation.
        dynamical_decoupling: Whether waiting qubits are decoupled.
        twirling: Whether gates and readout are twirled.
        fractional_gates: Whether the device's rx and rzz of any angle are used.
        max_qpu_seconds: Above this estimate nothing is sent.
        runtime_estimator: Which estimator of the client.
        rep_delay: Seconds between two executions.
        price: Of a second of the device, or of each plan's.
        min_success: Estimated success below which circuits are not sent.
        over_quota: Whether more may be sent than what is left of the account's time.
        ledger: File that jobs are noted in.
        no_wait: Whether to return once jobs are submitted.
        resubmit: Whether to pay once more for jobs.
        dry_run: Whether to print the cost alone; not an option of the backend.
        allow_hardware_training: Whether training may use the device.
    """

    device: str | None = _left_out(
        "ibm_fez, least_busy, or a simulation here such as fake_fez.", metavar="NAME"
    )
    instance: str | None = _left_out(
        "Instance of your account that pays: name or CRN.", "the account's"
    )
    mode: str | None = _left_out(f"{any_of(Mode)}.", "batch", metavar="NAME")
    resilience: int | None = _left_out(
        "Error mitigation: 0 none, 1 readout, 2 extrapolation, too.", "0"
    )
    dynamical_decoupling: bool | None = _left_out(
        "Decouple waiting qubits.", flag="--dynamical-decoupling"
    )
    twirling: bool | None = _left_out("Twirl gates and readout.", flag="--twirling")
    fractional_gates: bool | None = _left_out(
        "Use the device's rx and rzz of any angle.", flag="--fractional-gates"
    )
    max_qpu_seconds: float | None = _left_out(
        "Refuse above this estimate, seconds of the device.", "60"
    )
    runtime_estimator: str | None = _left_out(
        f"Estimator of qiskit-ibm-runtime: {any_of(EstimatorName)}.", "auto", metavar="NAME"
    )
    rep_delay: float | None = _left_out(
        "Seconds between two executions, within the device's range.",
        "the device's",
        metavar="SECONDS",
    )
    price: str | None = _left_out(
        "Price of a second of the device, such as '1 EUR', or by plan: 'flex=1 EUR, "
        "premium=2 EUR'.",
        "QKDRP_QPU_PRICE of the environment",
        metavar="PRICE",
    )
    min_success: float | None = _left_out(
        "Refuse circuits of which the device is estimated to leave less; 0 sends any.", "0.01"
    )
    over_quota: bool = Field(
        default=False,
        description="Send jobs that take more than what is left of the account's time.",
        json_schema_extra={"flag": "--over-quota"},
    )
    ledger: Path | None = _left_out("File that jobs are noted in.", "in your data folder")
    no_wait: bool = Field(
        default=False,
        description="Return once jobs are submitted.",
        json_schema_extra={"flag": "--no-wait"},
    )
    resubmit: bool = Field(
        default=False,
        description="Pay for failed jobs again; if none failed, for all.",
        json_schema_extra={"flag": "--resubmit"},
    )
    dry_run: bool = Field(
        default=False,
        description="Print what it would cost; submit nothing.",
        json_schema_extra={"flag": "--dry-run"},
    )
    allow_hardware_training: bool = Field(
        default=False,
        description="Train on the device: jobs in every step.",
        json_schema_extra={"flag": "--allow-hardware-training"},
    )

    def of_backend(self) -> dict[str, Any]:
        """Return what was given, by the names of the backend's options."""
        options = self.model_dump(
            exclude_none=True,
            exclude={
                "over_quota",
                "ledger",
                "no_wait",
                "resubmit",
                "dry_run",
                "allow_hardware_training",
            },
        )
        if self.over_quota:
            options["over_quota"] = True
        if self.ledger is not None:
            options["ledger"] = str(self.ledger)
        if self.no_wait:
            options["wait"] = False
        if self.resubmit:
            options["resubmit"] = True
        if self.allow_hardware_training:
            options["allow_training"] = True
        return options
