"""Pages in headless Chromium, where it is installed."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def chromium(folder: Path, page: Path, *options: str) -> str:
    """Open a page with a profile of its own and return what Chromium prints."""
    done = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={folder / 'profile'}", *options, page.as_uri()],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    return done.stdout


def widths(folder: Path, page: Path, window: int) -> tuple[int, int]:
    """Return how wide a page is in a window, and the width of the window as the page sees it."""
    probe = folder / "probe.html"
    script = (
        "<script>document.title = document.documentElement.scrollWidth + ' of ' + innerWidth;"
        " document.title += [...document.images].every(i => i.naturalWidth) ? '' : ' broken'"
        "</script></body>"
    )
    probe.write_text(page.read_text("utf-8").replace("</body>", script), "utf-8")
    found = chromium(folder, probe, f"--window-size={window},900", "--dump-dom")
    title = re.search(r"<title>(\d+) of (\d+)</title>", found)
    assert title, f"no width, or a picture that does not show: {found[:300]}"
    return int(title[1]), int(title[2])
