"""What a mechanism consists of: compartments, effect, and its parameters by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch

from qkdrp.common.errors import ConfigError

Effect = Literal["direct", "I", "II", "III", "IV"]
"""How the drug acts: at once, or on production (I, III) or loss (II, IV) of the biomarker."""

EFFECTS: dict[str, int | None] = {"direct": None, "I": -1, "II": -1, "III": 1, "IV": 1}
"""Sign of the drug's effect on a rate: -1 inhibits, 1 stimulates; None: as ``direct_sign`` says."""


@dataclass(frozen=True)
class Structure:
    """A mechanism: oral absorption, one or two compartments, and a response of the biomarker.

    Args:
        compartments: 1 or 2 (central alone, or central and peripheral).
        effect: ``direct``, or indirect response ``I`` (production inhibited), ``II`` (loss
            inhibited), ``III`` (production stimulated) or ``IV`` (loss stimulated).
        direct_sign: -1 where a direct effect lowers the biomarker, 1 where it raises it.
        hill: Whether the effect has a Hill exponent.

    Raises:
        ConfigError: For a setting outside these.
    """

    compartments: int = 2
    effect: Effect = "I"
    direct_sign: int = -1
    hill: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if self.compartments not in (1, 2):
            raise ConfigError(f"A mechanism has 1 or 2 compartments, not {self.compartments}.")
        if self.effect not in EFFECTS:
            raise ConfigError(f"Unknown effect {self.effect!r}; choose from {', '.join(EFFECTS)}.")
        if self.direct_sign not in (-1, 1):
            raise ConfigError(f"direct_sign is -1 or 1, not {self.direct_sign}.")

    @property
    def sign(self) -> int:
        """Sign of the effect on its rate (indirect) or on the biomarker (direct)."""
        sign = EFFECTS[self.effect]
        return self.direct_sign if sign is None else sign

    @property
    def raises(self) -> bool:
        """Whether the drug raises the biomarker: III raises production, II lowers loss."""
        return (self.sign > 0) != (self.effect in ("II", "IV"))

    @property
    def potency(self) -> str:
        """Name of the concentration of half the greatest effect."""
        return "IC50" if self.sign < 0 else "EC50"

    @property
    def ceiling(self) -> str:
        """Name of the greatest effect: ``Imax`` lies between 0 and 1, ``Emax`` above 0."""
        return "Imax" if self.sign < 0 else "Emax"

    @property
    def pk_parameters(self) -> tuple[str, ...]:
        """Names of the parameters of the concentration (1/h, L/h, L)."""
        return ("ka", "CL", "V", "Q", "V2")[: 3 if self.compartments == 1 else 5]

    @property
    def pd_parameters(self) -> tuple[str, ...]:
        """Names of the parameters of the biomarker."""
        rate = () if self.effect == "direct" else ("kout",)
        return ("R0", *rate, self.potency, self.ceiling, *(("hill",) if self.hill else ()))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of all parameters, in the order of the last dimension of log parameters."""
        return self.pk_parameters + self.pd_parameters

    @property
    def label(self) -> str:
        """Short words for tables, such as ``2 compartments, indirect I``."""
        plural = "" if self.compartments == 1 else "s"
        direct = "direct, " + ("inhibits" if self.direct_sign < 0 else "stimulates")
        effect = direct if self.effect == "direct" else f"indirect {self.effect}"
        return f"{self.compartments} compartment{plural}, {effect}{', Hill' if self.hill else ''}"

    def to_natural(self, log_parameters: torch.Tensor) -> dict[str, torch.Tensor]:
        """Turn log parameters into natural ones.

        Args:
            log_parameters: Shape (..., n_parameters): logs, and the logit of ``Imax``.

        Returns:
            Tensors of shape (...) by name of the parameter.
        """
        columns = dict(zip(self.parameters, log_parameters.unbind(-1), strict=True))
        return {
            name: torch.sigmoid(column) if name == "Imax" else torch.exp(column)
            for name, column in columns.items()
        }

    def to_log(self, natural: Mapping[str, Any]) -> torch.Tensor:
        """Turn natural parameters (numbers or tensors that broadcast) into log parameters.

        Returns:
            Float64 tensor of shape (..., n_parameters), the inverse of :meth:`to_natural`.

        Raises:
            ConfigError: Where a parameter is missing.
        """
        missing = [name for name in self.parameters if name not in natural]
        if missing:
            raise ConfigError(
                f"Parameters {', '.join(missing)} are missing; a mechanism of "
                f"{self.label} needs {', '.join(self.parameters)}."
            )
        values = [torch.as_tensor(natural[name], dtype=torch.float64) for name in self.parameters]
        logs = [
            torch.logit(value) if name == "Imax" else torch.log(value)
            for name, value in zip(self.parameters, values, strict=True)
        ]
        return torch.stack(torch.broadcast_tensors(*logs), dim=-1)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain values."""
        return {
            "compartments": self.compartments,
            "effect": self.effect,
            "direct_sign": self.direct_sign,
            "hill": self.hill,
        }

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> "Structure":
        """Return the structure that :meth:`to_json` described."""
        return cls(**settings)
