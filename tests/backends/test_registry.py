import pytest

from qkdrp.backends import BACKENDS, Backend, get_backend
from qkdrp.backends.statevector import Statevector
from qkdrp.common.errors import BackendError


@pytest.mark.parametrize("name", ["aer_exact", "statevector", "aer_noisy"])
def test_a_backend_knows_its_name(name: str) -> None:
    with get_backend(name) as backend:
        assert isinstance(backend, Backend)
        assert backend.name == name


def test_each_call_gives_a_new_backend() -> None:
    assert get_backend("statevector") is not get_backend("statevector")


def test_an_unknown_name_lists_the_choices() -> None:
    with pytest.raises(BackendError, match="'qpu'") as caught:
        get_backend("qpu")
    assert all(name in str(caught.value) for name in BACKENDS)


def test_an_unknown_option_is_named_beside_the_known() -> None:
    with pytest.raises(BackendError, match=r"'aer_exact' has no option seeds: its options are"):
        get_backend("aer_exact", seeds=1)


def test_unknown_options_are_all_named() -> None:
    with pytest.raises(BackendError, match=r"no option one, two.*options are none"):
        get_backend("statevector", two=2, one=1)


class Counting(Statevector):
    closed = 0

    def close(self) -> None:
        self.closed += 1


def test_leaving_the_context_closes() -> None:
    with Counting() as backend:
        assert backend.closed == 0
    assert backend.closed == 1


def test_an_error_closes_and_goes_on() -> None:
    backend = Counting()
    with pytest.raises(ZeroDivisionError), backend:
        _ = 1 / 0
    assert backend.closed == 1
