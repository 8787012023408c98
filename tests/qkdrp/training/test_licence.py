from pathlib import Path

import pytest

from qkdrp.training.licence import licence_in


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("LICENSE", "\nMIT License\nmore", "MIT License"),
        ("README.md", "# Data\n\n**Licence.** CC BY 4.0\n", "CC BY 4.0"),
        ("readme.txt", "License: CC0", "CC0"),
        ("README", "## License\n\nODbL 1.0", "ODbL 1.0"),
        ("README.md", "A licensed text", ""),
        ("notes.md", "License: MIT", ""),
    ],
)
def test_what_a_folder_says(name: str, text: str, found: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert licence_in(tmp_path) == (f"{found} (`{name}` of the data folder)" if found else "")


def test_a_file_of_its_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("License: other")
    (tmp_path / "LICENCE.txt").write_text("CC BY 4.0")
    assert licence_in(tmp_path).startswith("CC BY 4.0")
    assert licence_in(tmp_path / "nowhere") == ""
