import pytest
import typer

from qkdrp.cli.app import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_the_table_is_that_of_the_command(name: str) -> None:
    command = COMMANDS[name].load()
    told = command.info.help if isinstance(command, typer.Typer) else command.__doc__
    assert told is not None
    assert COMMANDS[name].help == told.split("\n\n")[0]
