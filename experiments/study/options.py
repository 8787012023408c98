"""Options of every study on the command line, made from settings: where it runs, and its preset."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from qkdrp.cli.options_from_models import Section, with_options
from qkdrp.common.errors import StudyError
from qkdrp.common.settings import Settings
from qkdrp.runs.new_folder import refuse_taken

TRIED, PROTOCOL, WORK = "What is tried", "Protocol", "Where it runs"
"""Panels of the help."""


def listed(panel: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # pydantic's JSON
    """Return what makes a field an option that takes values between commas."""
    return {"panel": panel, "left_out": "by study", **more}


def by_preset(panel: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return what makes a field an option that has its default from the preset."""
    return {"panel": panel, "left_out": "by preset", **more}


class Work(Settings):
    """Where a study runs, and where its results go.

    Args:
        workers: Processes; 0 for as many as there are cores.
        scheduler: Dask's address instead, or ``local:N``.
        output: The folder that the user asked for.
        resume: Whether to go on with what is in the folder.
        report_only: Whether to write the report of what is finished there, and to run nothing.
        checkpoint_every: Seconds between two checkpoints of a training.
    """

    workers: int = Field(
        default=0,
        ge=0,
        description="Processes of one thread each; 0 for all cores.",
        json_schema_extra={"panel": WORK, "min": 0},
    )
    scheduler: str | None = Field(
        default=None,
        description="Dask scheduler to run on instead, or local:N.",
        json_schema_extra={"panel": WORK, "metavar": "ADDRESS"},
    )
    output: Path | None = Field(default=None, description="A new folder for the results.")
    resume: bool = Field(
        default=False,
        description="Go on with the study in --output.",
        json_schema_extra={"flag": "--resume"},
    )
    report_only: bool = Field(
        default=False,
        description="With --resume: write the report of what is finished so far, run nothing.",
        json_schema_extra={"flag": "--report-only"},
    )
    checkpoint_every: float = Field(
        default=30.0,
        ge=0,
        description="Seconds between two checkpoints of a training; 0 for one after every batch.",
        json_schema_extra={"panel": WORK, "min": 0},
    )


def check_work(work: Work) -> None:
    """Refuse a folder that cannot take results, before anything that takes time is imported.

    Raises:
        StudyError: If a study is to be resumed and no folder is named, or a report is asked for
            without that.
        RunError: If a new study's folder holds something already.
    """
    if work.report_only and not work.resume:
        raise StudyError("--report-only: found no --resume, expected --resume --output FOLDER.")
    if not work.resume:
        refuse_taken(work.output)
    elif work.output is None:
        raise StudyError("--resume: found no --output, expected the folder of the study.")


def command_of(
    sections: tuple[Section, ...], run: Callable[[dict[str, Any]], None]
) -> Callable[..., None]:
    """Return a command that takes the options of sections.

    Args:
        sections: In the order of the help.
        run: Called with the options by name.
    """

    def command(**given: Any) -> None:  # noqa: ANN401  # typer reads the options of the sections
        run(given)

    return with_options(*sections)(command)


def given_of(settings: type[Settings], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are settings, but for those that were left out."""
    left_out: tuple[Any, ...] = (None, [])
    fields = settings.model_fields
    return {name: given[name] for name in fields if given.get(name) not in left_out}


def source_of(given: Mapping[str, Any]) -> str:
    """Return where the data are, as a study that is resumed writes it."""
    source = str(given["source"])
    if not given["resume"] or given["output"] is None:
        return source
    from qkdrp.experiments.study.study_folder import data_path_there  # loads torch

    return data_path_there(given["output"], source)
