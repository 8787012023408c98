"""Families of circuits by key, and specifications by the text or JSON that stands for them."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from qkdrp.circuits.family import Family
from qkdrp.circuits.pqc import PQC
from qkdrp.circuits.spec import CircuitSpec
from qkdrp.common.errors import CircuitError, ConfigError

GROUP = "qkdrp.families"
"""Entry points of plugins: the key of a family, and where an instance of it is."""

DEFAULT = "reuploading"
"""Key of the family that JSON without a family stands for."""


class Families(Mapping[str, Family[Any]]):
    """Families by key, each imported when it is first asked for.

    Those of plugins come from entry points of the group :data:`GROUP`, which worker processes find,
    too; :meth:`register` is for one process.

    Args:
        built_in: Where each of our own is, such as ``package.module:NAME``.
    """

    def __init__(self, built_in: Mapping[str, str]) -> None:
        self._built_in = dict(built_in)
        self._loaded: dict[str, Family[Any]] = {}

    @cached_property
    def _places(self) -> dict[str, str]:
        plugins = {each.name: each.value for each in entry_points(group=GROUP)}
        return self._built_in | {
            key: at for key, at in plugins.items() if key not in self._built_in
        }

    def __getitem__(self, key: str) -> Family[Any]:
        """Return a family, imported if it was not yet.

        Raises:
            KeyError: If the key is unknown.
        """
        if key not in self._loaded:
            module, _, attribute = self._places[key].partition(":")
            self._loaded[key] = getattr(import_module(module), attribute)
        return self._loaded[key]

    def __iter__(self) -> Iterator[str]:
        """Yield the keys, our own families first."""
        return iter(dict.fromkeys([*self._places, *self._loaded]))

    def __len__(self) -> int:
        """Return the number of families."""
        return len({*self._places, *self._loaded})

    def register(self, family: Family[Any]) -> None:
        """Add a family.

        Raises:
            CircuitError: If its key is taken.
        """
        if family.key in self:
            raise CircuitError(f"Found a family {family.key!r} already: choose another key.")
        self._loaded[family.key] = family

    def unregister(self, key: str) -> None:
        """Take a registered family out again."""
        del self._loaded[key]


FAMILIES = Families(
    {
        "reuploading": "qkdrp.circuits.families.reuploading.family:FAMILY",
        "pnu": "qkdrp.circuits.families.pnu.family:FAMILY",
        "own": "qkdrp.circuits.families.own:FAMILY",
    }
)
"""All families."""


def find_family(key: str) -> Family[Any]:
    """Return a family by its key.

    Raises:
        CircuitError: If the key is unknown; lists the known ones.
    """
    if key not in FAMILIES:
        raise CircuitError(f"Unknown family {key!r}: choose one of {', '.join(sorted(FAMILIES))}.")
    return FAMILIES[key]


def family_of(spec: CircuitSpec) -> Family[Any]:
    """Return the family of a specification.

    Raises:
        CircuitError: If it is unknown.
    """
    return find_family(spec.family)


def build_pqc(spec: CircuitSpec) -> PQC:
    """Build the circuit of a specification of any family.

    Args:
        spec: Sizes and choices, such as a :class:`~qkdrp.circuits.PQCSpec`.

    Returns:
        The circuit with its parameters and observables.

    Raises:
        CircuitError: If the family is unknown, or the circuit cannot be built.

    Example:
        >>> from qkdrp import PQCSpec, build_pqc
        >>> build_pqc(PQCSpec(4, 2, 1)).n_weights
        12
    """
    return family_of(spec).build(spec)


def parse_spec(text: str) -> CircuitSpec:
    """Read a circuit as the command line has it, such as ``4,2,1`` or ``reuploading:4,2,1``.

    Args:
        text: The short form of a family, with or without the family's key and a colon before it.

    Raises:
        ConfigError: If no family reads it; lists what they read.
        CircuitError: If a size is too small or a choice unknown.
    """
    key, colon, rest = text.strip().partition(":")
    named = bool(colon) and key in FAMILIES
    families = [FAMILIES[key]] if named else [FAMILIES[each] for each in FAMILIES]
    for family in families:
        if family.needs_name and not named:
            continue
        spec: CircuitSpec | None = family.parse(rest if named else text)
        if spec is not None:
            return spec
    known = "; ".join(f"{each.usage} ({each.key})" for each in families if each.usage)
    raise ConfigError(
        f"spec {text!r}: expected {known or 'another family'}. Any of them may have the name of "
        "its family before it, as in reuploading:4,2,1."
    )


def spec_to_json(spec: CircuitSpec) -> dict[str, Any]:
    """Return a specification as JSON; the family is left out where it is :data:`DEFAULT`."""
    content = family_of(spec).to_json(spec)
    return content if spec.family == DEFAULT else {"family": spec.family} | content


def spec_from_json(content: Mapping[str, Any]) -> CircuitSpec:
    """Return the specification that :func:`spec_to_json` wrote.

    Raises:
        CircuitError: If the family is unknown or a value is wrong.
        TypeError: If a field is missing or unknown.
    """
    fields = dict(content)
    spec: CircuitSpec = find_family(fields.pop("family", DEFAULT)).from_json(fields)
    return spec
