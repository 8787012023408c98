"""The delay between two executions: the device's own, or another that it takes."""

from qkdrp.backends.runtime.client_types import ClientBackend
from qkdrp.backends.runtime.settings import RuntimeSettings
from qkdrp.common.errors import BackendError

DEFAULT_REP_DELAY = 250e-6
"""Seconds between two executions on devices that do not tell."""

ROUNDING = 1e-9
"""Seconds by which a delay may be outside a device's range: what units make of it."""


def delays_of(
    backend: ClientBackend, settings: RuntimeSettings
) -> tuple[float, tuple[float, float] | None]:
    """Return the delay that is used, and the least and longest that the device takes, in seconds.

    Args:
        backend: The device.
        settings: With the delay that the user wants, if any.

    Raises:
        BackendError: If the device takes no other delay than its own, or not this one.
    """
    # Which fields a device's configuration has is the service's business.
    told = backend.configuration()
    found = getattr(told, "rep_delay_range", None)
    between = None
    if getattr(told, "dynamic_reprate_enabled", False) and found:
        between = float(found[0]), float(found[1])
    default = float(getattr(told, "default_rep_delay", 0) or DEFAULT_REP_DELAY)
    wanted = settings.rep_delay
    if wanted is None:
        return default, between
    if between is None:
        raise BackendError(
            f"rep_delay = {wanted:g} s: {backend.name} takes no delay but its own of {default:g} "
            "s; leave out --rep-delay."
        )
    if not between[0] - ROUNDING <= wanted <= between[1] + ROUNDING:
        raise BackendError(
            f"rep_delay = {wanted:g} s: {backend.name} takes {between[0]:g} to {between[1]:g} s "
            "between two executions."
        )
    return wanted, between
