"""The one exception family of the project.

Every message says what was found, what was expected and what to do; the command line prints it
as one line and exits with code 2.
"""


class QkdrpError(Exception):
    """Base of every error that a user can cause and mend."""


class CircuitError(QkdrpError, ValueError):
    """A circuit or its specification does not fit what was asked of it."""


class UnsupportedGateError(CircuitError):
    """A gate is neither a Pauli rotation nor a Clifford gate."""


class BackendError(QkdrpError, ValueError):
    """A backend is unknown, or cannot do what was asked of it."""


class ConfigError(QkdrpError, ValueError):
    """A setting is outside its range, or settings do not fit together."""


class DataError(QkdrpError, ValueError):
    """A data file or cohort is missing, malformed or too small."""


class RunError(QkdrpError, ValueError):
    """A run folder is missing, incomplete, in the way or of another model."""


class StudyError(QkdrpError, ValueError):
    """A study folder is of another study or damaged, or tasks of it cannot be run."""


class LedgerError(QkdrpError, ValueError):
    """The ledger of hardware jobs cannot be used, or does not hold what was asked for."""


class JobsPendingError(QkdrpError):
    """Jobs are on their way and nobody wanted to wait; their values can be collected later."""
