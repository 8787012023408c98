import importlib
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
import pytest
from numba.core.caching import CacheImpl, IndexDataCacheFile, UserProvidedCacheLocator

from qkdrp.backends.exact import kernel_cache
from qkdrp.backends.exact.kernel_cache import VARIABLE, cached_njit
from qkdrp.backends.exact.simd import LANES


def twice(number: float) -> float:
    return 2.0 * number


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder for caches but what the variable names, as with a read-only package and no home."""
    monkeypatch.setattr(CacheImpl, "_locator_classes", [UserProvidedCacheLocator])
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setenv(VARIABLE, "")
    kernel_cache._use_temporary_folder.cache_clear()


@pytest.fixture
def at_exit(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], None]]:
    """What is to be done at the end of the process."""
    registered: list[Callable[[], None]] = []
    monkeypatch.setattr(kernel_cache.atexit, "register", registered.append)
    return registered


def test_numba_still_refuses(read_only: None) -> None:
    with pytest.raises(RuntimeError, match="cannot cache function"):
        numba.njit(cache=True)(twice)


@pytest.mark.parametrize("given", ["", "/dev/null/below-a-file"])
def test_a_temporary_folder_serves(
    given: str,
    read_only: None,
    at_exit: list[Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", given)
    with caplog.at_level(logging.WARNING):
        kernel = cached_njit()(twice)
        cached_njit()(twice)
    assert kernel(1.5) == 3.0
    folder = Path(os.environ[VARIABLE])
    assert str(folder) == numba.config.CACHE_DIR
    assert any(folder.rglob("*.nbc")), "workers find it there"
    assert [VARIABLE in message for message in caplog.messages] == [True], "told once"
    (delete,) = at_exit
    delete()
    assert not folder.exists()


def test_without_any_folder_nothing_is_cached(
    read_only: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(kernel_cache.tempfile, "mkdtemp", fail)
    assert cached_njit()(twice)(1.5) == 3.0


def test_a_full_disk_costs_the_cache_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(IndexDataCacheFile, "save", fail)
    assert cached_njit()(twice)(1.5) == 3.0


def ground_state(package: str) -> tuple[np.ndarray, int]:
    """Import a copy of the engine's folder anew; return |0> as a kernel sets it, and cache hits."""
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]
    importlib.invalidate_caches()
    ground = importlib.import_module(f"{package}.kernels").ground
    psi = np.full(4 * LANES, np.nan)
    ground(psi)
    return psi, sum(ground.stats.cache_hits.values())


def test_a_changed_kernel_invalidates_the_kernels_that_call_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copied_kernels"
    shutil.copytree(Path(kernel_cache.__file__).parent, copy, ignore=lambda *_: ["__pycache__"])
    for path in copy.glob("*.py"):
        path.write_text(path.read_text().replace("qkdrp.backends.exact.", f"{copy.name}."))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # by time, too coarse for this test
    psi, hits = ground_state(copy.name)
    assert (psi[0], psi[-1], hits) == (1.0, 0.0, 0)
    psi, hits = ground_state(copy.name)
    assert (psi[0], psi[-1], hits) == (1.0, 0.0, 1)
    helpers = copy / "state_kernels.py"
    clear = """    for i in range(0, len(x), LANES):
        store(x, i, splat(x, 0.0))
"""
    assert clear in helpers.read_text(), "another file than the one of the kernel that calls it"
    helpers.write_text(helpers.read_text().replace(clear, clear.replace("0.0", "7.0")))
    psi, hits = ground_state(copy.name)
    assert (psi[0], psi[-1], hits) == (1.0, 7.0, 0)
    for name in [name for name in sys.modules if name.split(".")[0] == copy.name]:
        del sys.modules[name]
