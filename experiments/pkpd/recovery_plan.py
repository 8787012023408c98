"""The plan of the recovery study: one task for each simulated trial."""

from collections.abc import Iterator

from qkdrp.experiments.pkpd.recovery_cases import CASES
from qkdrp.experiments.pkpd.recovery_config import GIVEN, RecoveryConfig
from qkdrp.experiments.pkpd.recovery_task import RecoveryResult, RecoveryTask
from qkdrp.experiments.study.outcomes import Findings
from qkdrp.experiments.study.plan import Phase, Plan


class RecoveryPlan(Plan):
    """What a recovery study has to fit.

    Args:
        config: Its settings.
    """

    config: RecoveryConfig

    def __init__(self, config: RecoveryConfig) -> None:
        super().__init__(config.study, config, {})

    def phases(self, findings: Findings) -> Iterator[Phase]:  # noqa: ARG002  # none depends on another
        """Yield one phase for each truth."""
        for truth in self.config.truths:
            yield Phase(truth, self.tasks(truth), unit="simulated trials")

    def tasks(self, truth: str) -> list[RecoveryTask]:
        """Return the trials of a truth."""
        config = self.config
        structure = CASES[truth].structure if config.structure == GIVEN else config.structure
        return [
            RecoveryTask.make(
                truth=truth,
                trial=config.seed + number,
                structure=structure,
                refits=config.refits,
                subjects=config.subjects,
            )
            for number in range(config.trials)
        ]

    def results(self, truth: str, findings: Findings) -> dict[int, RecoveryResult]:
        """Return what the trials of a truth came to, by their number; those that are there."""
        found = {each.trial: findings.of(each) for each in self.tasks(truth)}
        return {n: each for n, each in found.items() if isinstance(each, RecoveryResult)}
