"""Options that bring shortcuts of a published dose optimiser back, each alone and all together."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from qkdrp.systems.pkpd.dose.model import DoseSource
    from qkdrp.systems.pkpd.dose.shortcuts import Shortcuts

PANEL = "Shortcuts of Team PNU (wrong answers, for comparison)"


def _shortcut(left_out: str, words: str) -> Any:  # noqa: ANN401  # typer's option
    """Return the option of a shortcut.

    Args:
        left_out: What is done without it.
        words: Of the help.
    """
    return typer.Option(help=words, show_default=left_out, rich_help_panel=PANEL)


CompatOption = Annotated[
    bool,
    typer.Option(
        "--pnu-compat",
        help="All of these together: min, late, pnu, --population trial, none, pk. Each can be "
        "given otherwise (--population empirical).",
        rich_help_panel=PANEL,
    ),
]
CriterionOption = Annotated[
    Literal["throughout", "min"] | None,
    _shortcut(
        "throughout",
        "min: one moment of the interval is enough.",
    ),
]
WindowOption = Annotated[
    Literal["steady", "late"] | None,
    _shortcut(
        "steady",
        "late: the interval that begins one interval after the last of 21 daily or 4 weekly doses.",
    ),
]
CapsOption = Annotated[
    Literal["none", "pnu"] | None,
    _shortcut(
        "none",
        "pnu: doses from 0.5 to 10 mg a day or 10 to 70 mg a week; the closest where none is "
        "enough.",
    ),
]
PopulationOption = Annotated[
    Literal["drawn", "trial"] | None,
    _shortcut(
        "drawn",
        "trial: the subjects of the trial, each once.",
    ),
]
VariabilityOption = Annotated[
    Literal["model", "none"] | None,
    _shortcut(
        "model",
        "none: subjects of the same covariates are alike.",
    ),
]
ScalerOption = Annotated[
    Literal["pd", "pk"] | None,
    _shortcut(
        "pd",
        "pk: features of the biomarker are scaled as those of concentrations; of models on "
        "features.",
    ),
]


def shortcuts_of(compat: bool, **given: str | None) -> "Shortcuts":
    """Return the shortcuts of options.

    Args:
        compat: Whether all are taken that are not given otherwise.
        **given: Values by name, None for what was not given.
    """
    from qkdrp.systems.pkpd.dose.shortcuts import Shortcuts

    base = Shortcuts.pnu() if compat else Shortcuts()
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return replace(base, **chosen)


def fitting(shortcuts: "Shortcuts", source: "DoseSource", *, strict: bool) -> "Shortcuts":
    """Return the shortcuts that a model can take.

    Args:
        shortcuts: Those that were asked for.
        source: The model.
        strict: Whether to keep one that the model cannot take, so that it is refused.
    """
    from qkdrp.cli.console import print_note

    found = shortcuts if strict else shortcuts.of_model(source.model)
    if found != shortcuts:
        print_note(f"{source.title} has no scalers of features: pd_scaler=pk is left out")
    return found
