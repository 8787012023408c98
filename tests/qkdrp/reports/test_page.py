from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from qkdrp.reports.page import Figure, Page, Section, Table, render, write_markdown, write_page
from tests.browser import needs_chromium, widths


@pytest.fixture
def page() -> Page:
    drawing, axes = plt.subplots(figsize=(12, 4))
    axes.plot([1, 2, 3])
    frame = pd.DataFrame(
        {"device": ["fake_torino", None], "success": [0.123456, np.nan], "gates": [27, 60]}
        | {f"column_{index}": [1e-3 * index, 2.0] for index in range(20)}
    )
    figure = Figure.of("A line", "Up is more", drawing)
    plt.close(drawing)
    parts = ["Less is <more> & so on.", Table("Two rows", frame, digits=3), figure]
    return Page("Report", ("In short.",), (Section("All", parts), Section("Rest", ())), ("v1",))


def test_text_is_escaped_and_nothing_is_fetched(page: Page) -> None:
    html = render(page)
    assert "Less is &lt;more&gt; &amp; so on." in html
    assert "http" not in html
    assert 'src="data:image/png;base64,' in html


def test_numbers_stand_to_the_right_and_missing_ones_are_empty(page: Page) -> None:
    html = render(page)
    assert '<td class="number">0.123</td>' in html
    assert '<td class="number">27</td>' in html
    assert '<td class="number"></td>' in html
    assert "nan" not in html.split("<main>")[1]
    assert "None" not in html


def test_the_same_page_gives_the_same_file(page: Page, tmp_path: Path) -> None:
    for name in ("one.html", "two.html"):
        write_page(tmp_path / name, page)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@needs_chromium
@pytest.mark.parametrize("window", [500, 1200])
def test_a_page_is_no_wider_than_its_window(page: Page, tmp_path: Path, window: int) -> None:
    write_page(tmp_path / "page.html", page)
    found, seen = widths(tmp_path, tmp_path / "page.html", window)
    assert found <= seen


def test_markdown_has_the_pictures_beside_it(tmp_path: Path) -> None:
    figure = Figure("AUC | over a: Drug (4, 2, 1)", "Higher is better.", b"png")
    table = Table("Numbers", pd.DataFrame({"name": ["a | b"], "value": [0.12345678]}))
    page = Page("Title", ["Lead."], [Section("Part", ["Text.", table, figure])], ["version 1"])
    write_markdown(tmp_path / "report.md", page)
    picture = tmp_path / "figures" / "auc-over-a-drug-4-2-1.png"
    assert picture.read_bytes() == b"png"
    lines = (tmp_path / "report.md").read_text().splitlines()
    for line in (
        "# Title", "Lead.", "## Part", "Text.", "Numbers:", "| name | value |", "| --- | ---: |",
        "| a \\| b | 0.1235 |", "- version 1",
        "![AUC | over a: Drug (4, 2, 1)](figures/auc-over-a-drug-4-2-1.png)",
        "**AUC | over a: Drug (4, 2, 1).** Higher is better.",
    ):  # fmt: skip
        assert line in lines


def test_markdown_without_pictures_makes_no_folder(tmp_path: Path) -> None:
    write_markdown(tmp_path / "report.md", Page("Title", [], [], []))
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_cells_of_sentences_name_their_columns_for_small_screens() -> None:
    frame = pd.DataFrame({"rule": ["a sentence of more than forty characters, as reasons are"]})
    html = render(Page("Report", (), (Section("All", [Table("Reasons", frame)]),), ()))
    assert '<table class="sentences">' in html
    assert '<td data-name="rule">' in html


def test_each_cell_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    text = Table._text
    monkeypatch.setattr(Table, "_text", lambda *each: asked.append(1) or text(*each))
    table = Table("many rows", pd.DataFrame({"x": range(50), "y": "b"}))
    render(Page("t", [], [Section("s", [table])], []))
    assert len(asked) == table.frame.size
