import inspect
import math
import re
import subprocess
import sys
from collections.abc import Iterable
from typing import Literal

import pytest
import typer
from pydantic import Field
from typer.testing import CliRunner

from qkdrp.backends.choices import PARTS
from qkdrp.backends.options import HardwareOptions, NoiseOptions
from qkdrp.backends.qnn.gradients import GRADIENTS
from qkdrp.backends.runtime.settings import EstimatorName, Mode
from qkdrp.circuits.entanglers import ENTANGLERS
from qkdrp.circuits.measurements import MEASUREMENTS
from qkdrp.cli.options_from_models import Section, option, with_options
from qkdrp.cli.train import train
from qkdrp.common.settings import Settings
from qkdrp.nn.normalisation import NORMALISATIONS
from qkdrp.systems.response.config import DataConfig, FitConfig, ModelConfig, TrainConfig
from qkdrp.systems.response.models import MODELS
from qkdrp.systems.response.monitors import MONITORS


class Some(Settings):
    source: str = Field(
        default="here", description="Where.", json_schema_extra={"flag": "--data", "panel": None}
    )
    kind: Literal["point", "comma"] | None = Field(default=None, description="Which.")
    angle: float = Field(
        default=math.pi, json_schema_extra={"format": "angle", "show_default": "pi"}
    )
    mended: bool | None = None
    hidden: int = 3


def call(*words: str) -> tuple[int, str, dict[str, object]]:
    """Return exit code, output and what a command got."""
    got: dict[str, object] = {}
    app = typer.Typer()

    @app.command()
    @with_options(Section(Some, "Panel", without=("hidden",)))
    def command(*, own: int = 1, **settings: object) -> None:
        got.update(settings, own=own)

    result = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, words)
    return result.exit_code, result.output, got


def test_defaults_are_those_of_the_fields() -> None:
    code, _, got = call()
    assert code == 0
    assert got == {"source": "here", "kind": None, "angle": math.pi, "mended": None, "own": 1}


def test_words_become_values() -> None:
    words = ("--data", "x", "--kind", "any", "--angle", "pi/2", "--no-mended", "--own", "2")
    code, _, got = call(*words)
    assert code == 0
    assert got == {"source": "x", "kind": "any", "angle": math.pi / 2, "mended": False, "own": 2}


def test_the_help_says_what_the_fields_say() -> None:
    code, out, _ = call("--help")
    assert code == 0
    assert all(text in out for text in ("--data", "Where.", "Which.", "ANGLE", "(pi)"))
    assert out.index("--data") < out.index("Panel") < out.index("--kind")
    assert "hidden" not in out


def test_what_cannot_be_read_is_refused() -> None:
    code, out, _ = call("--angle", "pie")
    assert code == 2
    assert "expected radians" in out


def test_one_field_is_an_option() -> None:
    made = option(TrainConfig, "seed", "Panel")
    assert (made.help, made.rich_help_panel) == (
        "Of split, initial weights and shuffling.",
        "Panel",
    )


def test_a_default_that_a_description_tells_is_shown() -> None:
    class Told(Settings):
        scale: float | None = Field(default=None, description="Scale. [default: 1]")

    app = typer.Typer(rich_markup_mode="rich")

    @app.command()
    @with_options(Section(Told))
    def command(run: str, **settings: object) -> None:
        """Take an argument, which comes before the options."""

    out = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, ["--help"]).output
    assert "Scale. [default: 1]" in out
    assert re.search(r"Usage: .*\brun\b", out, re.IGNORECASE)


@pytest.mark.parametrize(
    ("field", "names"),
    [
        ((ModelConfig, "model"), MODELS),
        ((ModelConfig, "normalisation"), NORMALISATIONS),
        ((ModelConfig, "entangler"), ENTANGLERS),
        ((ModelConfig, "measurement"), MEASUREMENTS),
        ((FitConfig, "monitor"), MONITORS),
        ((NoiseOptions, "noise_parts"), PARTS),
        ((NoiseOptions, "gradient"), GRADIENTS),
        ((HardwareOptions, "mode"), Mode),
        ((HardwareOptions, "runtime_estimator"), EstimatorName),
    ],
)
def test_lists_in_the_help_come_from_registries(
    field: tuple[type[Settings], str], names: Iterable[str]
) -> None:
    settings, name = field
    description = settings.model_fields[name].description or ""
    assert set(names) <= set(re.findall(r"\w+", description))


def test_options_of_commands_import_nothing_heavy() -> None:
    """What commands import for their help: neither torch, Qiskit nor pandas."""
    heavy = {"torch", "qiskit", "pandas", "sklearn", "scipy"}
    load = "from qkdrp.cli.app import COMMANDS; [each.load() for each in COMMANDS.values()]"
    code = f"import sys; {load}; print(*sys.modules)"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("settings", [DataConfig, ModelConfig, FitConfig])
def test_every_setting_is_an_option_of_train(settings: type[Settings]) -> None:
    options = inspect.signature(train).parameters
    for name, field in settings.model_fields.items():
        called = "torch_device" if name == "device" else name  # --device names hardware
        assert options[called].default == field.default
        assert field.description
