"""``qkdrp experiment``: a command for each study, and ``plan`` for what each would cost."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qkdrp.cli.options import (
    Decimal,
    Output,
    Partner,
    Source,
    StratifyTest,
    VarianceThreshold,
    ZScore,
    read_angle,
)
from qkdrp.experiments.ito.studies import FIRST_DRUG_ONLY, STUDIES
from qkdrp.experiments.noise import command as noise
from qkdrp.experiments.study import options
from qkdrp.experiments.study.options import separated
from qkdrp.systems.response.config import DataConfig, FitConfig

if TYPE_CHECKING:
    from qkdrp.experiments.study.config import StudyConfig
    from qkdrp.experiments.study.plan import Plan

_D, _F = DataConfig(), FitConfig()

app = typer.Typer(help="Studies: the paper's protocol, tables and figures.", no_args_is_help=True)
plans = typer.Typer(help="Show what a study would train, and for how long; runs nothing of it.")
app.add_typer(plans, name="plan")


def _command(name: str, run: Callable[..., None]) -> Callable[..., None]:
    """Return the command of a study of the paper's protocol; all of them take the same options."""

    def command(
        *,
        source: Source = _D.source,
        partner: Partner = None,
        decimal: Decimal = None,
        zscore: ZScore = None,
        variance_threshold: VarianceThreshold = _D.variance_threshold,
        stratify_test: StratifyTest = _D.stratify_test,
        drugs: options.Drugs = None,
        models: options.Models = None,
        n_qubits: options.NQubits = None,
        n_encoding: options.NEncoding = None,
        n_variational: options.NVariational = None,
        lr: options.LearningRates = None,
        a: options.AValues = None,
        r: options.RValues = None,
        preset: options.Preset = "small",
        repeats: options.Repeats = None,
        folds: options.Folds = None,
        epochs: options.Epochs = None,
        patience: Annotated[
            int,
            typer.Option(
                help="Of final trainings: epochs without a better validation AUC.",
                rich_help_panel=options.PROTOCOL,
            ),
        ] = _F.patience,
        batch_size: options.BatchSize = _F.batch_size,
        centre_head: options.CentreHead = _F.centre_head,
        backend: Annotated[
            str,
            typer.Option(help="Where circuits run.", metavar="NAME", rich_help_panel=options.WORK),
        ] = "statevector",
        seed: options.Seed = 0,
        workers: options.Workers = 0,
        scheduler: options.Scheduler = None,
        output: Output = None,
        resume: options.Resume = False,
    ) -> None:
        given = dict(locals())
        run(_config(name, given), given)

    command.__doc__ = STUDIES[name].help
    return command


def common_settings(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a :class:`StudyConfig` from the options that studies share.

    Args:
        given: The options; None for those that were left out.
        defaults: What stands for them.

    Raises:
        typer.BadParameter: If a value cannot be meant.
        DataError: If the data cannot be read.
    """
    from qkdrp.systems.response.data import list_drugs

    values = {
        "drugs": separated(given["drugs"], str),
        "models": separated(given["models"], str),
        **{key: separated(given[key], int) for key in ("n_qubits", "n_encoding", "n_variational")},
        **{key: separated(given[key], float) for key in ("lr", "a")},
        "r": separated(given["r"], read_angle),
        **{key: given[key] for key in ("repeats", "folds", "epochs")},
    }
    chosen = defaults | {key: value for key, value in values.items() if value is not None}
    if "drugs" not in chosen:
        drugs = list_drugs(given["source"])
        chosen["drugs"] = drugs[:1] if given["preset"] in FIRST_DRUG_ONLY else drugs
    same = {key: given[key] for key in ("batch_size", "centre_head", "seed")}
    data = DataConfig.make(**DataConfig.pick(given | {"drug": None}))
    # Every table shows what a linear model does.
    models = tuple(dict.fromkeys((*chosen["models"], "ridge")))
    return chosen | same | {"data": data, "models": models}


def _config(name: str, given: dict[str, Any]) -> "StudyConfig":
    from qkdrp.experiments.study.config import StudyConfig

    settings = common_settings(given, STUDIES[name].defaults(given["preset"]))
    own = {key: given[key] for key in ("patience", "backend")}
    return StudyConfig.make(study=name, **settings, **own)


def conduct_plan(plan: "Plan", given: dict[str, Any]) -> None:
    """Run a study as the options say; exit with 1 where a part of it failed."""
    from qkdrp.experiments.study.conduct import conduct

    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    where = {key: given[key] for key in ("workers", "scheduler", "output", "resume")}
    default = Path("runs") / f"{plan.config.study}-{stamp}"
    if not conduct(plan, default=default, **where):
        raise typer.Exit(1)


def _run(config: "StudyConfig", given: dict[str, Any]) -> None:
    from qkdrp.experiments.ito.ito_plan import StudyPlan

    conduct_plan(StudyPlan(config), given)


def _plan(config: "StudyConfig", _given: dict[str, Any]) -> None:
    from qkdrp.experiments.ito.ito_plan import StudyPlan
    from qkdrp.experiments.study.estimate import show_estimate

    show_estimate(StudyPlan(config))


for _name, _study in STUDIES.items():
    app.command(_name, help=_study.help)(_command(_name, _run))
    plans.command(_name, help=_study.help)(_command(_name, _plan))
noise.register(app, plans)
