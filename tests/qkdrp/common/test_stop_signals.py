import os
import signal
import threading
from collections.abc import Iterator

import pytest

from qkdrp.common import stop_signals as module
from qkdrp.common.stop_signals import SIGNALS, held_back, let_through, stop_signals


@pytest.fixture(autouse=True)
def _handlers_are_restored() -> Iterator[None]:
    before = [signal.getsignal(number) for number in SIGNALS]
    yield
    assert [signal.getsignal(number) for number in SIGNALS] == before
    assert module._active is None


def send(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", SIGNALS)
def test_all_of_them_are_like_ctrl_c(number: int) -> None:
    with pytest.raises(KeyboardInterrupt), stop_signals() as signals:
        send(number)
    assert signals.received


def test_each_is_raised_outside_of_held_work() -> None:
    with stop_signals():
        for _ in range(2):
            with pytest.raises(KeyboardInterrupt):
                send()


def save_twice_interrupted(done: list[str]) -> None:
    with held_back("saving"):
        send()
        send(signal.SIGTERM)
        done.append("whole")


def test_held_work_is_not_torn_apart(capfd: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []
    with stop_signals(), pytest.raises(KeyboardInterrupt):
        save_twice_interrupted(done)
    assert done == ["whole"]
    assert capfd.readouterr().err == "saving\nsaving\n"


def work_and_save(done: list[str]) -> None:
    with held_back():
        try:
            with let_through():
                send()
                done.append("never")
        except KeyboardInterrupt:
            send()
            done.append("saved")


def test_the_first_is_let_through_and_no_second() -> None:
    done: list[str] = []
    with stop_signals(), pytest.raises(KeyboardInterrupt):
        work_and_save(done)
    assert done == ["saved"]


def test_what_was_held_back_is_raised_where_it_may_be() -> None:
    with stop_signals(), held_back():
        send()
        with pytest.raises(KeyboardInterrupt), let_through():
            pytest.fail("it came before")


def work_in_parts(done: list[str]) -> None:
    with let_through():
        with held_back():
            send()
            done.append("part")
        done.append("never")


def test_a_held_part_of_what_may_be_interrupted_ends_first() -> None:
    done: list[str] = []
    with stop_signals(), held_back():
        with pytest.raises(KeyboardInterrupt):
            work_in_parts(done)
        send()  # held back again
        with pytest.raises(KeyboardInterrupt), let_through():
            pytest.fail("it came before")
    assert done == ["part"]


def work_and_postpone(done: list[str]) -> None:
    with held_back() as hold:
        try:
            with let_through():
                send()
        except KeyboardInterrupt:
            hold.postpone()
        done.append("after")


def test_an_interruption_may_be_postponed() -> None:
    done: list[str] = []
    with stop_signals(), pytest.raises(KeyboardInterrupt):
        work_and_postpone(done)
    assert done == ["after"]


def test_without_a_command_whoever_answered_before_does() -> None:
    heard = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with held_back():
            send(signal.SIGTERM)
            assert heard == []
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_signals() as signals:
            send(signal.SIGHUP)
        assert not signals.received
    finally:
        signal.signal(signal.SIGHUP, before)


def fail_interrupted() -> None:
    with held_back():
        send()
        raise OSError("full")


def test_an_error_of_the_work_is_not_covered_up() -> None:
    with stop_signals(), pytest.raises(OSError, match="full"):
        fail_interrupted()


def test_other_threads_change_nothing() -> None:
    found = []

    def work() -> None:
        with stop_signals(), held_back() as hold, let_through():
            hold.postpone()
            found.append(signal.getsignal(signal.SIGINT))

    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]
