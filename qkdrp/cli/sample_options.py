"""Options of new samples, made from the settings of all systems."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qkdrp.cli.options_from_models import Section
from qkdrp.runs.run_path import check_samples_path, system_name
from qkdrp.systems.sample_settings import own_fields, sample_settings, settings_for
from qkdrp.training.new_sample_settings import NewSampleSettings


def sample_sections(*, of_cohorts: bool = False, without: Sequence[str] = ()) -> list[Section]:
    """Return what all systems take, then what each takes besides, in a panel of its own.

    Args:
        of_cohorts: Whether only systems that score cohorts count.
        without: Fields that are no options.
    """
    own = {
        name: each for name, each in sample_settings().items() if each.of_cohorts or not of_cohorts
    }
    return [
        Section(NewSampleSettings, "Samples", without=without),
        *(
            Section(each, f"Samples of runs of {name}", only=own_fields(each))
            for name, each in own.items()
        ),
    ]


def read_settings(runs: Sequence[Path], given: Mapping[str, Any]) -> NewSampleSettings:
    """Return the settings of new samples for the system of some runs.

    Args:
        runs: Run folders.
        given: Values of options.

    Raises:
        ConfigError: If an option is of another system, or its value is invalid.
        DataError: If a table that is named is not there.
    """
    settings = settings_for(system_name(runs[0]), given)
    for name, path in settings.paths.items():
        check_samples_path(str(path), name)
    return settings
