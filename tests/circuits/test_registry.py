from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from qkdrp.circuits import FAMILIES, PQC, PQCSpec, build_pqc, family_of, parse_spec, registry
from qkdrp.circuits.families.own import OwnCircuit
from qkdrp.circuits.registry import Families, find_family, spec_from_json, spec_to_json
from qkdrp.common.errors import CircuitError, ConfigError
from tests.circuits.second_family import Twice, TwiceSpec


@pytest.fixture(autouse=True)
def _second_family() -> Iterator[None]:
    FAMILIES.register(Twice())
    yield
    FAMILIES.unregister("twice")


def test_circuits_are_built_by_their_family() -> None:
    for spec in (PQCSpec(4, 2, 1), TwiceSpec(3, 2, pairs=True)):
        pqc = build_pqc(spec)
        assert pqc.spec is spec
        assert pqc.n_outputs == spec.n_outputs


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("8,32,5,single", PQCSpec(8, 32, 5, "single")),
        ("4,2,1 brick", PQCSpec(4, 2, 1, entangler="brick")),
        ("(4,2,1) single linear", PQCSpec(4, 2, 1, "single", "linear")),
        ("reuploading:4,2,1", PQCSpec(4, 2, 1)),
        ("3x2", TwiceSpec(3, 2)),
        ("twice:3x2zz", TwiceSpec(3, 2, pairs=True)),
    ],
)
def test_short_forms(text: str, spec: PQCSpec | TwiceSpec) -> None:
    assert parse_spec(text) == spec
    assert parse_spec(spec_label(spec)) == spec or isinstance(spec, TwiceSpec)


def spec_label(spec: PQCSpec | TwiceSpec) -> str:
    """The label of a re-uploading circuit is a short form, too."""
    return family_of(spec).label(spec) if isinstance(spec, PQCSpec) else "3x2"


@pytest.mark.parametrize("text", ["star", "star:3x2", "twice:4,2,1", "own:4", "4,2,1,multi,single"])
def test_unknown_forms_list_what_is_known(text: str) -> None:
    known = "3x2" if text.startswith("twice") else "another family" if "own" in text else "4,2,1"
    with pytest.raises(ConfigError, match=known) as caught:
        parse_spec(text)
    assert "\n" not in str(caught.value)
    if text == "star":
        assert "such as 3x2" in str(caught.value)


def test_values_are_checked_by_the_family() -> None:
    with pytest.raises(CircuitError, match=r"measurement = 'double'"):
        parse_spec("4,2,1,double")
    with pytest.raises(CircuitError, match="2 qubits or more"):
        parse_spec("1x2")


@pytest.mark.parametrize("spec", [PQCSpec(4, 2, 1, "single", absorb_tail=True), TwiceSpec(3, 2)])
def test_json_comes_back(spec: PQCSpec | TwiceSpec) -> None:
    content = spec_to_json(spec)
    assert spec_from_json(content) == spec
    assert ("family" in content) is isinstance(spec, TwiceSpec)  # as files have always had it


def test_an_unknown_family_is_named() -> None:
    with pytest.raises(
        CircuitError, match=r"Unknown family 'star': choose one of own, pnu, reupload"
    ):
        find_family("star")
    with pytest.raises(CircuitError, match="Unknown family 'star'"):
        spec_from_json({"family": "star"})


def test_choices_that_a_family_lacks_are_named() -> None:
    with pytest.raises(CircuitError, match="of the family twice have no entangler"):
        family_of(TwiceSpec(3, 2)).with_choices(TwiceSpec(3, 2), entangler="ring")


def test_a_key_is_taken_once() -> None:
    with pytest.raises(CircuitError, match="a family 'twice' already"):
        FAMILIES.register(Twice())
    assert set(FAMILIES) == {"reuploading", "pnu", "own", "twice"}
    assert len(FAMILIES) == 4


def test_plugins_bring_families_and_replace_none(monkeypatch: pytest.MonkeyPatch) -> None:
    place = "tests.circuits.second_family:Twice"
    points = [EntryPoint(name, place, registry.GROUP) for name in ("plugin", "reuploading")]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    found = Families({"reuploading": "qkdrp.circuits.families.reuploading.family:FAMILY"})
    assert list(found) == ["reuploading", "plugin"]
    assert found["plugin"] is Twice
    assert found["reuploading"] is FAMILIES["reuploading"]


def test_defaults_of_a_family() -> None:
    family, spec = Twice(), TwiceSpec(3, 2, pairs=True)
    assert family.file_stem(spec) == "twice-3x2-with-pairs"
    assert [form.name for form in family.forms(spec)] == ["as built"]
    assert family.published_counts(spec) is None
    assert family.differences(spec, TwiceSpec(3, 1)) == (
        "layers 1 instead of 2", "pairs False instead of True",
    )  # fmt: skip


def test_a_circuit_of_ones_own_is_its_own_specification() -> None:
    built = build_pqc(TwiceSpec(2, 1))
    pqc = PQC.from_circuit(built.circuit, built.inputs, built.weights, built.observables)
    first, second = OwnCircuit(pqc), OwnCircuit(pqc, 2)
    family = family_of(first)
    assert build_pqc(first) is pqc
    assert [family.label(each) for each in (first, second)] == ["own circuit", "own circuit 2"]
    assert (first.n_qubits, first.n_inputs, first.n_weights, first.n_outputs) == (2, 2, 2, 2)
    with pytest.raises(CircuitError, match="build the circuit, and give it"):
        spec_from_json(spec_to_json(first))
