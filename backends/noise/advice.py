"""What to say of how noisy values are found: what is approximated, and what is quicker."""

from qkdrp.backends.choices import Method
from qkdrp.backends.noise.sampling import Sampling

QUICK_QUBITS = 6
"""Qubits up to which a hundred noisy values take seconds."""

TWIRLED = (
    "errors that are no Pauli errors, such as relaxation, are replaced by the closest Pauli errors "
    "(their twirl), as noise-aware training does; --method density_matrix has them as they are"
)
"""What is to be said of Pauli trajectories of other noise."""


def quicker(sampling: Sampling, method: Method, *, pauli: bool) -> str:
    """Return what is quicker than evaluating a circuit the way it is set up.

    Args:
        sampling: How values are to be found.
        method: How those of the circuit are found.
        pauli: Whether its noise is of Pauli errors only.
    """
    if sampling.shots:
        if method == Method.DENSITY:
            return f"circuits of up to {QUICK_QUBITS} qubits take seconds"
        return f"fewer --shots than {sampling.shots} take less"
    approximated = "" if pauli else ", its noise twirled to Pauli errors"
    noiseless = (
        f"--method {Method.PAULI} takes one noiseless pass for each of "
        f"{sampling.trajectories_of(Method.PAULI)} trajectories{approximated}"
    )
    if method == Method.DENSITY:
        return noiseless
    count = sampling.trajectories_of(method)
    fewer = max(2, count // 8)
    fewer_trajectories = (
        f"--trajectories {fewer} takes an eighth of it, with a standard error "
        f"{(count / fewer) ** 0.5:.1f} times as large"
    )
    return fewer_trajectories if method == Method.PAULI else f"{fewer_trajectories}; {noiseless}"
