"""How runs are explained."""

from dataclasses import dataclass

from qkdrp.common.errors import ConfigError

EXACT = ("statevector", "aer_exact")
"""Backends with exact values and gradients: importances of others are those of their noise."""


@dataclass(frozen=True)
class ExplainSettings:
    """How runs are explained.

    Args:
        source: Data with rows that no run was trained on; the kept test rows where left out.
        backend: Where circuits run, an exact one.
        repeats: Permutations of the rows for each feature.
        steps: Points of the quadrature of integrated gradients.
        top: Features that count as the most important ones.
        seed: Of the permutations.
        threads: Threads of torch and the backend; 0 for all cores.
        rows: Held-out rows that are explained at most, drawn by the seed; None for as many as the
            system proposes.
        wholes: Names of things that are explained part by part, such as molecules; None for those
            that the system chooses.

    Raises:
        ConfigError: If a number is below 1, or the backend is not exact.
    """

    source: str | None = None
    backend: str = EXACT[0]
    repeats: int = 5
    steps: int = 64
    top: int = 20
    seed: int = 0
    threads: int = 0
    rows: int | None = None
    wholes: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without runs."""
        for name in ("repeats", "steps", "top", "rows"):
            given = getattr(self, name)
            if given is not None and given < 1:
                raise ConfigError(f"{name} = {given}: expected at least 1.")
        if self.backend not in EXACT:
            raise ConfigError(
                f"backend = {self.backend!r}: expected {' or '.join(EXACT)}, whose gradients are "
                "exact."
            )
