"""Options of studies of the response system, and the settings that they stand for."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from qkdrp.cli.options import (
    DATA,
    Decimal,
    Partner,
    Source,
    StratifyTest,
    VarianceThreshold,
    ZScore,
    read_angle,
)
from qkdrp.cli.options_from_models import option
from qkdrp.experiments.ito.catalogue import FIRST_DRUG_ONLY, PRESETS
from qkdrp.experiments.ito.contenders import CONTENDERS
from qkdrp.experiments.study.options import (
    PROTOCOL,
    TRIED,
    WORK,
    Text,
    counted,
    listed,
    separated,
    source_of,
)
from qkdrp.systems.response.config import DataConfig, FitConfig

_D, _F = DataConfig(), FitConfig()


class DataOptions:
    """What is learned from."""

    source: Source = _D.source
    partner: Partner = None
    decimal: Decimal = None
    zscore: ZScore = None
    variance_threshold: VarianceThreshold = _D.variance_threshold
    stratify_test: StratifyTest = _D.stratify_test
    measure: Annotated[Text, option(DataConfig, "measure", DATA)] = None
    direction: Annotated[Text, option(DataConfig, "direction", DATA)] = None
    transform: Annotated[Text, option(DataConfig, "transform", DATA)] = None
    threshold: Annotated[float | None, option(DataConfig, "threshold", DATA)] = None
    target: Annotated[Text, option(DataConfig, "target", DATA)] = None
    residual_by: Annotated[Text, option(DataConfig, "residual_by", DATA)] = None
    split: Annotated[Text, option(DataConfig, "split", DATA)] = None
    group_by: Annotated[Text, option(DataConfig, "group_by", DATA)] = None
    gene_map: Annotated[Text, option(DataConfig, "gene_map", DATA)] = None


class TriedOptions:
    """What is tried: lists whose combinations make configurations."""

    drugs: Annotated[Text, listed("Drugs; all of the data by default", DATA)] = None
    models: Annotated[Text, listed(f"Of {', '.join(CONTENDERS)}", TRIED)] = None
    n_qubits: Annotated[Text, listed("Qubits, n1", TRIED)] = None
    n_encoding: Annotated[Text, listed("Encoding layers, n2", TRIED)] = None
    n_variational: Annotated[Text, listed("Variational layers per block, n3", TRIED)] = None
    lr: Annotated[Text, listed("Learning rates", TRIED)] = None
    a: Annotated[Text, listed("Input scales of r*tanh(phi/a)", TRIED)] = None
    r: Annotated[Text, listed("Output ranges in radians, as pi/2", TRIED)] = None


class ProtocolOptions:
    """How models are trained and compared."""

    preset: Annotated[
        str,
        typer.Option(
            help=f"{', '.join(PRESETS)}: how thorough.", metavar="NAME", rich_help_panel=PROTOCOL
        ),
    ] = "small"
    repeats: Annotated[int | None, counted("Times that the folds are drawn anew.")] = None
    folds: Annotated[int | None, counted("Folds.")] = None
    epochs: Annotated[int | None, counted("Epochs.")] = None
    batch_size: Annotated[
        int, typer.Option(help="Samples in a batch.", rich_help_panel=PROTOCOL)
    ] = _F.batch_size
    centre_head: Annotated[
        bool,
        typer.Option(
            help="Start the head where the mean prediction is the mean label.",
            rich_help_panel=PROTOCOL,
        ),
    ] = _F.centre_head
    seed: Annotated[
        int,
        typer.Option(help="Of splits, folds, weights and shuffling.", rich_help_panel=PROTOCOL),
    ] = 0


class FinalOptions:
    """Final trainings, and where circuits run."""

    patience: Annotated[
        int,
        typer.Option(
            help="Of final trainings: epochs without a better validation AUC.",
            rich_help_panel=PROTOCOL,
        ),
    ] = _F.patience
    backend: Annotated[
        str,
        typer.Option(help="Where circuits run.", metavar="NAME", rich_help_panel=WORK),
    ] = "statevector"


def common_settings(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a :class:`StudyConfig` from the options that studies share.

    Args:
        given: The options; None for those that were left out.
        defaults: What stands for them.

    Raises:
        typer.BadParameter: If a value is invalid.
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
    source = source_of(given)
    chosen = dict(defaults) | {key: value for key, value in values.items() if value is not None}
    if "drugs" not in chosen:
        drugs = list_drugs(source)
        chosen["drugs"] = drugs[:1] if given["preset"] in FIRST_DRUG_ONLY else drugs
    same = {key: given[key] for key in ("batch_size", "centre_head", "seed")}
    data = DataConfig.make(**DataConfig.pick({**given, "source": source, "drug": None}))
    # Every table shows what a linear model does.
    models = tuple(dict.fromkeys((*chosen["models"], "ridge")))
    return chosen | same | {"data": data, "models": models}
