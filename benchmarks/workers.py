"""Throughput of a study on two workers beside one, and its time outside of trainings.

Run ``python benchmarks/workers.py``. The same trainings, folds of two models on the embedded
cohort, run on one worker and on several in turn. Starting workers is not counted.
"""

from time import perf_counter

from report import limit_pools, parser_of, save, spread, summary, table

from qkdrp.experiments.ito.config import StudyConfig
from qkdrp.experiments.ito.plan import ItoPlan
from qkdrp.experiments.study.runners import LocalRunner
from qkdrp.experiments.study.tasks import Task


def round_of(runner: LocalRunner, tasks: list[Task]) -> tuple[float, float]:
    """Return trainings per second and the share of the workers' time outside of them."""
    start, inside = perf_counter(), 0.0
    for outcome in runner.outcomes(tasks):
        if outcome.result is None:
            raise SystemExit(outcome.error)
        inside += outcome.result.seconds
    wall = perf_counter() - start
    return len(tasks) / wall, 1 - inside / (wall * runner.n_workers)


def main() -> None:
    """Print the table, and save it where asked to."""
    parser = parser_of(__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--trainings", type=int, default=20, help="in a round")
    options = parser.parse_args()
    limit_pools(1)
    config = StudyConfig.make(
        drugs=("synthetic",), models=("classic", "moderated"), epochs=options.epochs, repeats=50
    )
    tasks = ItoPlan.open(config).fold_tasks()[: options.trainings]
    with LocalRunner(1) as alone, LocalRunner(options.workers) as together:
        runners = {runner.n_workers: runner for runner in (alone, together)}
        for runner in runners.values():  # start the workers, load data and kernels in each
            round_of(runner, tasks[: 4 * runner.n_workers])
        rounds = [
            {n: round_of(runner, tasks) for n, runner in runners.items()}
            for _ in range(options.repeats)
        ]
    rates = {n: summary([found[n][0] for found in rounds]) for n in runners}
    idle = {n: summary([found[n][1] for found in rounds]) for n in runners}
    print(
        table(
            ("workers", "trainings/s", "least .. most", "ratio", "outside trainings"),
            [
                (
                    str(n),
                    f"{rates[n]['median']:.3f}",
                    spread(rates[n]),
                    f"{rates[n]['median'] / rates[1]['median']:.2f}",
                    f"{idle[n]['median']:.1%}",
                )
                for n in runners
            ],
        )
    )
    save(options, {"trainings_per_second": rates, "outside": idle})


if __name__ == "__main__":
    main()
