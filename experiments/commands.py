"""``qkdrp experiment``: a command for each study, and ``plan`` for what each would cost."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qkdrp.cli.options import (
    DATA,
    Output,
    Partner,
    Source,
    StratifyTest,
    VarianceThreshold,
    ZScore,
    parse_angle,
)
from qkdrp.config import DataConfig, FitConfig
from qkdrp.experiments.contenders import CONTENDERS
from qkdrp.experiments.studies import FIRST_DRUG_ONLY, PRESETS, STUDIES

if TYPE_CHECKING:
    from qkdrp.experiments.config import StudyConfig

_D, _F = DataConfig(), FitConfig()
_TRIED, _PROTOCOL, _WORK = "What is tried", "Protocol", "Where it runs"
_LIST = "LIST"

app = typer.Typer(help="Studies: the paper's protocol, tables and figures.", no_args_is_help=True)
plans = typer.Typer(help="Show what a study would train, and for how long; runs nothing of it.")
app.add_typer(plans, name="plan")


def _separated(text: str | None, read: Callable[[str], Any]) -> tuple[Any, ...] | None:
    """Read values between commas; None stays None, for the preset's.

    Raises:
        typer.BadParameter: If a value cannot be meant.
    """
    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        return tuple(map(read, words))
    except ValueError as error:
        raise typer.BadParameter(f"found {text!r}, expected values separated by commas.") from error


def _listed(help_text: str, panel: str) -> Any:  # noqa: ANN401  # typer's option
    return typer.Option(help=f"{help_text}, separated by commas.", metavar=_LIST,
                        rich_help_panel=panel, show_default="by study")  # fmt: skip


def _counted(help_text: str) -> Any:  # noqa: ANN401
    return typer.Option(help=help_text, rich_help_panel=_PROTOCOL, show_default="by preset")


Text = str | None


def _command(name: str, run: Callable[..., None]) -> Callable[..., None]:
    """Return the command of a study; every study takes the same options."""

    def command(
        *,
        source: Source = _D.source,
        partner: Partner = None,
        zscore: ZScore = None,
        variance_threshold: VarianceThreshold = _D.variance_threshold,
        stratify_test: StratifyTest = _D.stratify_test,
        drugs: Annotated[Text, _listed("Drugs; all of the data by default", DATA)] = None,
        models: Annotated[Text, _listed(f"Of {', '.join(CONTENDERS)}", _TRIED)] = None,
        n_qubits: Annotated[Text, _listed("Qubits, n1", _TRIED)] = None,
        n_encoding: Annotated[Text, _listed("Encoding layers, n2", _TRIED)] = None,
        n_variational: Annotated[Text, _listed("Variational layers per block, n3", _TRIED)] = None,
        lr: Annotated[Text, _listed("Learning rates", _TRIED)] = None,
        a: Annotated[Text, _listed("Input scales of r*tanh(phi/a)", _TRIED)] = None,
        r: Annotated[Text, _listed("Output ranges in radians, as pi/2", _TRIED)] = None,
        preset: Annotated[
            str,
            typer.Option(
                help=f"{', '.join(PRESETS)}: how thorough.",
                metavar="NAME",
                rich_help_panel=_PROTOCOL,
            ),
        ] = "small",
        repeats: Annotated[int | None, _counted("Times that the folds are drawn anew.")] = None,
        folds: Annotated[int | None, _counted("Folds.")] = None,
        epochs: Annotated[int | None, _counted("Epochs.")] = None,
        patience: Annotated[
            int,
            typer.Option(
                help="Of final trainings: epochs without a better validation AUC.",
                rich_help_panel=_PROTOCOL,
            ),
        ] = _F.patience,
        batch_size: Annotated[
            int, typer.Option(help="Samples in a batch.", rich_help_panel=_PROTOCOL)
        ] = _F.batch_size,
        centre_head: Annotated[
            bool,
            typer.Option(
                help="Start the head where the mean prediction is the mean label.",
                rich_help_panel=_PROTOCOL,
            ),
        ] = _F.centre_head,
        backend: Annotated[
            str,
            typer.Option(help="Where circuits run.", metavar="NAME", rich_help_panel=_WORK),
        ] = "statevector",
        seed: Annotated[
            int,
            typer.Option(
                help="Of splits, folds, weights and shuffling.", rich_help_panel=_PROTOCOL
            ),
        ] = 0,
        workers: Annotated[
            int,
            typer.Option(
                help="Processes of one thread each; 0 for all cores.", min=0, rich_help_panel=_WORK
            ),
        ] = 0,
        scheduler: Annotated[
            Text,
            typer.Option(
                help="Dask scheduler to run on instead, or local:N.",
                metavar="ADDRESS",
                rich_help_panel=_WORK,
            ),
        ] = None,
        output: Output = None,
        resume: Annotated[
            bool, typer.Option("--resume", help="Go on with the study in --output.")
        ] = False,
    ) -> None:
        given = dict(locals())
        run(_config(name, given), given)

    command.__doc__ = STUDIES[name].help
    return command


def _config(name: str, given: dict[str, Any]) -> "StudyConfig":
    from qkdrp.data import list_drugs
    from qkdrp.experiments.config import StudyConfig

    values = {
        "drugs": _separated(given["drugs"], str),
        "models": _separated(given["models"], str),
        **{key: _separated(given[key], int) for key in ("n_qubits", "n_encoding", "n_variational")},
        **{key: _separated(given[key], float) for key in ("lr", "a")},
        "r": _separated(given["r"], parse_angle),
        **{key: given[key] for key in ("repeats", "folds", "epochs")},
    }
    chosen = STUDIES[name].defaults(given["preset"]) | {
        key: value for key, value in values.items() if value is not None
    }
    if "drugs" not in chosen:
        drugs = list_drugs(given["source"])
        chosen["drugs"] = drugs[:1] if given["preset"] in FIRST_DRUG_ONLY else drugs
    same = ("patience", "batch_size", "centre_head", "backend", "seed")
    data = DataConfig.pick(given | {"drug": None})
    # Every table shows what a linear model does.
    models = dict.fromkeys((*chosen.pop("models"), "ridge"))
    return StudyConfig.make(
        study=name,
        data=DataConfig.make(**data),
        models=tuple(models),
        **chosen,
        **{key: given[key] for key in same},
    )


def _run(config: "StudyConfig", given: dict[str, Any]) -> None:
    from qkdrp.experiments.conduct import conduct
    from qkdrp.experiments.study import StudyPlan

    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    where = {key: given[key] for key in ("workers", "scheduler", "output", "resume")}
    default = Path("runs") / f"{config.study}-{stamp}"
    if not conduct(StudyPlan(config), default=default, **where):
        raise typer.Exit(1)


def _plan(config: "StudyConfig", _given: dict[str, Any]) -> None:
    from qkdrp.experiments.estimate import show_estimate
    from qkdrp.experiments.study import StudyPlan

    show_estimate(StudyPlan(config))


for _name, _study in STUDIES.items():
    app.command(_name, help=_study.help)(_command(_name, _run))
    plans.command(_name, help=_study.help)(_command(_name, _plan))
