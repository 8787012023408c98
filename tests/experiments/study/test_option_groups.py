from typing import Annotated, Any

import typer
from typer.testing import CliRunner

from qkdrp.experiments.study.option_groups import command_of


class Sizes:
    width: Annotated[int, typer.Option(help="Columns.")] = 3
    name: Annotated[str | None, typer.Option("--called", help="A name.")] = None


class More:
    fast: Annotated[bool, typer.Option("--fast")] = False


def test_fields_of_groups_are_options() -> None:
    found: list[dict[str, Any]] = []
    app = typer.Typer()
    app.command()(command_of((Sizes, More), found.append))
    for words in ([], ["--width", "5", "--called", "it", "--fast"]):
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, result.output
    assert found == [
        {"width": 3, "name": None, "fast": False},
        {"width": 5, "name": "it", "fast": True},
    ]
    assert CliRunner().invoke(app, ["--width", "wide"]).exit_code == 2
