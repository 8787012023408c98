import pytest

from qkdrp.common.remaining import Remaining


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_warm_up_does_not_count() -> None:
    clock = Clock()
    remaining = Remaining(100, clock)
    for done, now in ((1, 1.9), (2, 2.0), (11, 2.9)):
        clock.now = now
        remaining.reach(done)
    assert remaining.left() == pytest.approx(8.9)
    assert remaining.whole() == pytest.approx(11.8)


def test_nothing_is_said_too_soon() -> None:
    clock = Clock()
    remaining = Remaining(100, clock)
    assert remaining.left() is None
    clock.now = 0.1
    remaining.reach(1)
    assert remaining.left() is None
    clock.now = 0.2
    remaining.reach(2)
    assert remaining.left() is None


def test_one_long_step_tells() -> None:
    clock = Clock()
    remaining = Remaining(100, clock)
    clock.now = 12.0
    remaining.reach(1)
    assert remaining.whole() == pytest.approx(1200.0)
    clock.now = 18.0
    assert remaining.left() == pytest.approx(1182.0)
