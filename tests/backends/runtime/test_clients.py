import pytest
from qiskit.exceptions import QiskitError
from requests import ConnectionError as NoConnection
from samplomatic.exceptions import SamplexRuntimeError

from qkdrp.backends.runtime.clients import LONGEST_REASON, client_errors, plain
from qkdrp.common.errors import BackendError, JobsPendingError


@pytest.mark.parametrize(
    "kind",
    [QiskitError, NoConnection, RuntimeError, TypeError, ValueError, KeyError, AttributeError,
     NotImplementedError, OSError, SamplexRuntimeError],
)  # fmt: skip
def test_whatever_the_client_raises_is_one_line(kind: type[Exception]) -> None:
    with (
        pytest.raises(BackendError, match="IBM Quantum: could not run: broken 7"),
        client_errors("run"),
    ):
        raise kind("broken 7")


def test_our_own_errors_pass() -> None:
    with pytest.raises(JobsPendingError, match=r"^later$"), client_errors("run"):
        raise JobsPendingError("later")


def test_a_reason_is_short_and_holds_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QISKIT_IBM_TOKEN", "hidden")
    assert plain("token\nhidden") == "token ..."
    assert len(plain("raw " * 1000)) <= LONGEST_REASON
    assert plain(ValueError()) == "ValueError"
