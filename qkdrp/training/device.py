"""Where torch computes while a model is trained: the processor, or an accelerator."""

import torch

from qkdrp.common.errors import ConfigError
from qkdrp.training.config import CPU


def find_device(name: str) -> torch.device:
    """Return the device of a name.

    Args:
        name: As torch calls it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    Raises:
        ConfigError: If there is no such device here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()  # torch takes names of devices that are not there
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise ConfigError(
            f"device = {name!r}: torch cannot compute there ({reason}); use {CPU}, or another "
            "device of this machine."
        ) from error
    return device
