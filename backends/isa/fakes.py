"""Fake devices of the runtime package, by name."""

from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def fake_devices() -> Mapping[str, Any]:
    """Return the class of every fake device; importing them takes seconds."""
    from qiskit_ibm_runtime import fake_provider

    return {
        device.backend_name: device
        for device in vars(fake_provider).values()
        if isinstance(device, type) and hasattr(device, "backend_name")
    }
