"""Parameters of scikit-learn estimators, made from the fields of settings."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

from qkdrp.common.settings import Settings


@dataclass(frozen=True)
class EstimatorParameter:
    """One parameter of an estimator.

    Args:
        default: Its default.
        description: What it is, as a sentence.
    """

    default: Any
    description: str


Parameters = Mapping[str, EstimatorParameter]
"""Parameters by name, in their order."""


def parameters_of(settings: Sequence[type[Settings]], own: Parameters) -> Parameters:
    """Return a parameter for each field of settings, then an estimator's own ones."""
    found: dict[str, EstimatorParameter] = {}
    for kind in settings:
        for name, field in kind.model_fields.items():
            found[name] = EstimatorParameter(field.default, field.description or "")
    return {**found, **own}


def constructor_of(parameters: Parameters) -> Callable[..., None]:
    """Return an ``__init__`` that stores its keywords, with a signature that tools can read."""

    def __init__(self: Any, **given: Any) -> None:  # noqa: ANN401, N807  # becomes a method
        for name in given:
            if name not in parameters:
                raise TypeError(f"{type(self).__name__}() has no parameter {name!r}")
        for name, parameter in parameters.items():
            setattr(self, name, given.get(name, parameter.default))

    keywords = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=each.default)
        for name, each in parameters.items()
    ]
    itself = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
    __init__.__signature__ = Signature([itself, *keywords])  # type: ignore[attr-defined]
    return __init__


def documented(text: str, parameters: Parameters) -> str:
    """Return the docstring of a class with a section on its parameters before ``Attributes:``."""
    lines = [
        textwrap.fill(f"{name}: {each.description}", 96, subsequent_indent=" " * 4)
        for name, each in parameters.items()
    ]
    section = "Args:\n" + textwrap.indent("\n".join(lines), " " * 4)
    before, mark, after = textwrap.dedent(f"    {text}").partition("Attributes:")
    return f"{before.rstrip()}\n\n{section}\n\n{mark}{after}".rstrip() + "\n"
