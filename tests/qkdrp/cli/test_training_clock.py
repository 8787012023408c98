import pytest

from qkdrp.cli.training_clock import TrainingClock

FIRST, STEP, VALIDATION, STEPS = 30.0, 1.0, 2.0, 6
"""Seconds of the first step, of the others and of a validation; steps of an epoch."""


def run_epoch(clock: TrainingClock, time: list[float], *, first: bool = False) -> None:
    for number in range(STEPS):
        time[0] += FIRST if first and number == 0 else STEP
        clock.step(STEPS)
    time[0] += VALIDATION
    clock.epoch()


def make() -> tuple[TrainingClock, list[float]]:
    time = [0.0]
    return TrainingClock(10, lambda: time[0]), time


def test_the_first_step_does_not_count() -> None:
    clock, time = make()
    run_epoch(clock, time, first=True)
    each = STEPS * STEP + VALIDATION
    assert clock.each == pytest.approx(each)
    assert clock.left() == pytest.approx(9 * each)
    run_epoch(clock, time)
    assert clock.left() == pytest.approx(8 * each)


@pytest.mark.parametrize(("step", "known"), [(STEP, False), (20.0, True)])
def test_only_a_long_epoch_is_estimated_from_its_steps(step: float, known: bool) -> None:
    clock, time = make()
    for seconds in (FIRST, step):
        time[0] += seconds
        clock.step(STEPS)
    assert clock.left() is None
    time[0] += step
    clock.step(STEPS)
    assert clock.each == (pytest.approx(STEPS * step) if known else None)


def test_epochs_of_a_checkpoint_are_counted_and_not_timed() -> None:
    clock, time = make()
    for _ in range(4):
        clock.epoch()
    assert clock.left() is None
    for _ in range(2):
        run_epoch(clock, time)
    assert clock.left() == pytest.approx(4 * (STEPS * STEP + VALIDATION))


def test_time_that_passes_is_taken_off() -> None:
    clock, time = make()
    for _ in range(2):
        run_epoch(clock, time)
    left = clock.left()
    time[0] += STEP
    assert left is not None
    assert clock.left() == pytest.approx(left - STEP)
