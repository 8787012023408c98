"""Commands that train one system, all with the same options beside the system's own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

import typer

from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.registry import check_backend
from qkdrp.cli.options import DATA, HARDWARE, NOISE, Backend, Output, Threads
from qkdrp.cli.options_from_models import Command, Section, option, with_options
from qkdrp.cli.resume import CheckpointEvery, Resume, given_options, refuse_other_options
from qkdrp.cli.run_settings import OF_EVALUATION, run_settings, section_of
from qkdrp.cli.train import train_and_report
from qkdrp.runs.new_folder import refuse_taken
from qkdrp.runs.run_path import check_run_path
from qkdrp.training.run_config import RunConfig

Adapt = Callable[[Mapping[str, object]], Mapping[str, object]]
"""From the settings that were given to those that are meant."""

Check = Callable[[], None]
CheckConfig = Callable[[Any], None]


def _ignore(*_: object) -> None:
    """Refuse nothing."""


def _as_given(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return settings as they were given."""
    return given


def _sections(kind: type[RunConfig], without: Sequence[str]) -> tuple[Section, ...]:
    """Return the settings that are options, in the order of the help."""
    return (
        Section(section_of(kind, "data"), DATA),
        Section(section_of(kind, "model"), "Model"),
        Section(section_of(kind, "fit"), "Training", without=("device", *without)),
        Section(NoiseOptions, NOISE),
        Section(HardwareOptions, HARDWARE, without=OF_EVALUATION),
    )


def train_command(
    kind: type[RunConfig],
    text: str,
    *,
    without: Sequence[str] = (),
    needs: Check = _ignore,
    check_new: CheckConfig = _ignore,
    more: Sequence[Section] = (),
    adapt: Adapt = _as_given,
) -> Command:
    """Return the command that trains a system.

    Args:
        kind: Class of the system's settings.
        text: Its help.
        without: Settings of the training that are no options.
        needs: Refuses an environment that lacks a package.
        check_new: Refuses settings of a new training, before torch and Qiskit are loaded.
        more: Options that are no settings; ``adapt`` makes settings of them.
        adapt: From options that were given to settings; those that are left out get the defaults.
    """
    default = kind.make()
    fit = section_of(kind, "fit")

    @with_options(*_sections(kind, without), *more)
    def command(
        *,
        backend: Backend = default.backend,
        seed: Annotated[int, option(kind, "seed")] = default.seed,
        threads: Threads = default.threads,
        data_licence: Annotated[str | None, option(kind, "data_licence", DATA)] = None,
        output: Output = None,
        torch_device: Annotated[str, option(fit, "device", "Training")] = default.fit.device,
        resume: Resume = None,
        checkpoint_every: CheckpointEvery = 30.0,
        context: typer.Context,
        **settings: object,
    ) -> None:
        if resume is not None:
            refuse_other_options(context)
        own = {"backend": backend, "seed": seed, "threads": threads, "data_licence": data_licence}
        given = {name: settings[name] for name in given_options(context) & settings.keys()}
        config = run_settings(kind, adapt(given), torch_device, **own)
        needs()
        refuse_taken(output)
        if resume is None:
            check_backend(config.backend, config.backend_options)
            check_new(config)
        else:
            check_run_path(resume)
        train_and_report(config, output, resume, checkpoint_every)

    command.__doc__ = text
    return command
