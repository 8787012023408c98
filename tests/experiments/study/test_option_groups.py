from typing import Annotated, Any

import typer
from pydantic import Field
from typer.testing import CliRunner

from qkdrp.cli.options_from_models import Section
from qkdrp.common.settings import Settings
from qkdrp.experiments.study.option_groups import OptionGroup
from qkdrp.experiments.study.options import by_preset, command_of, given_of, listed


class Sizes:
    width: Annotated[int, typer.Option(help="Columns.")] = 3
    name: Annotated[str | None, typer.Option("--called", help="A name.")] = None


class Tried(Settings):
    rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        default=(0.5,), description="Rates.", json_schema_extra=listed("Tried")
    )
    angles: tuple[float, ...] = Field(
        default=(1.0,), json_schema_extra=listed("Tried", format="angle")
    )
    sources: tuple[str, ...] = Field(
        default=("a",), json_schema_extra={"left_out": "a", "repeated": True}
    )
    repeats: int = Field(default=2, json_schema_extra=by_preset("Tried", min=1))
    fast: bool = Field(default=False, json_schema_extra={"flag": "--fast"})


def call(*words: str) -> tuple[int, str, dict[str, Any]]:
    """Return exit code, output and what a command got."""
    found: list[dict[str, Any]] = [{}]
    app = typer.Typer()
    app.command()(command_of((OptionGroup(Sizes), Section(Tried)), found.append))
    result = CliRunner(env={"COLUMNS": "100", "TERM": "dumb"}).invoke(app, words)
    return result.exit_code, result.output, found[-1]


def test_options_that_are_left_out_leave_the_choice_to_the_preset() -> None:
    code, _, got = call()
    assert code == 0
    assert got["width"], got["fast"] == (3, False)
    assert given_of(Tried, got) == {"fast": False}


def test_words_become_values_of_the_fields() -> None:
    code, out, got = call(
        *("--width", "5", "--called", "it", "--rates", "1e-3, 2", "--angles", "pi,0.5"),
        *("--sources", "x,y", "--sources", "z", "--repeats", "4", "--fast"),
    )
    assert code == 0, out
    assert (got["width"], got["name"]) == (5, "it")
    found = Tried.make(**given_of(Tried, got))
    assert found.rates == (1e-3, 2.0)
    assert found.angles == (3.141592653589793, 0.5)
    assert found.sources == ("x,y", "z")
    assert (found.repeats, found.fast) == (4, True)


def test_the_help_says_where_defaults_come_from() -> None:
    _, out, _ = call("--help")
    assert all(text in out for text in ("LIST", "(by study)", "(by preset)", "Rates.", "(a)"))
    assert "--no-fast" not in out


def test_words_that_are_no_values_are_refused() -> None:
    for words in (["--width", "wide"], ["--rates", "1,fast"], ["--angles", "pie"]):
        assert call(*words)[0] == 2
    assert call("--repeats", "0")[0] == 2
    assert "separated by commas" in call("--rates", "1,fast")[1]
