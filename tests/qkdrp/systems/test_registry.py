import subprocess
import sys
from pathlib import Path

import pytest

from qkdrp.common.errors import ConfigError
from qkdrp.systems.registry import find_system, system_names
from qkdrp.systems.response.system import ResponseSystem
from tests.toy_system.installed import install


def test_our_system_is_found() -> None:
    assert isinstance(find_system("response"), ResponseSystem)
    assert find_system("response") is find_system("response")


def test_an_unknown_system_lists_those_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"system = 'toys': choose one of .*response"):
        find_system("toys")
    install(tmp_path / "site", monkeypatch)
    with pytest.raises(ConfigError, match=r"choose one of .*response, toy; did you mean 'toy'\?"):
        find_system("toys")


def test_a_system_of_another_package_is_found_in_new_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "toy" not in system_names()
    install(tmp_path / "site", monkeypatch)
    assert find_system("toy").name == "toy"
    code = "from qkdrp.systems.registry import find_system; print(find_system('toy').name)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "toy\n"
