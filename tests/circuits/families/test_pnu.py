"""The circuits of Team PNU: published counts, closed forms, values of the published code."""

import numpy as np
import pytest

from qkdrp.backends import get_backend
from qkdrp.circuits import MEASUREMENTS, PnuSpec, build_pqc, family_of, parse_spec
from qkdrp.circuits.pauli.bases import count_bases
from qkdrp.circuits.pauli.compile import compile_program
from qkdrp.circuits.pauli.effect import effective
from qkdrp.circuits.registry import spec_from_json, spec_to_json
from qkdrp.common.errors import CircuitError

BACKENDS = {
    "statevector": {},
    "aer_exact": {},
    "aer_noisy": {"noise": "depolarizing:"},
}

SMALL = [0.082250926, -0.504476905, 0.463243437, 0.13207776]
SMALL += [-0.360841889, -0.282179169, 0.782002251, 0.782002251]
"""(n, L) = (2, 1) at x = (-1, 1), w = linspace(0.1, 3, 6)."""

LARGE = [-0.411590715, -0.095571054, -0.40186351, 0.297186816]
LARGE += [-0.485191192, 0.301097927, 0.122417182, -0.35447949]
LARGE += [-0.235990027, 0.032678034, 0.489214774, -0.14223173]
LARGE += [0.316413294, -0.246400237, 0.015292779, -0.035696095]
"""(4, 2) at x = linspace(-1, 1, 4), w = linspace(0.1, 3, 24)."""


def values(spec: PnuSpec, x: np.ndarray, w: np.ndarray, backend: str = "statevector") -> np.ndarray:
    with get_backend(backend, **BACKENDS[backend]) as opened:
        return np.asarray(opened.qnn(build_pqc(spec)).forward(x[np.newaxis], w)[0])


@pytest.mark.parametrize(
    ("n", "layers", "depth", "depth_absorbed"),
    [(2, 1, 7, 5), (4, 1, 9, 5), (4, 2, 18, 14), (6, 3, 33, 27), (8, 2, 26, 18), (8, 3, 39, 31)],
)
def test_resources(n: int, layers: int, depth: int, depth_absorbed: int) -> None:
    pqc = build_pqc(PnuSpec(n, layers))
    absorbed = build_pqc(PnuSpec(n, layers, absorb_tail=True))
    assert (pqc.n_inputs, pqc.n_weights, pqc.n_outputs) == (n, 3 * n * layers, 4 * n)
    counts = pqc.circuit.count_ops()
    assert counts["cx"] == n * layers
    assert sum(counts.values()) - counts["cx"] == 5 * n * layers
    assert (pqc.circuit.depth(), absorbed.circuit.depth()) == (depth, depth_absorbed)
    assert absorbed.circuit.count_ops().get("cx", 0) == n * (layers - 1)
    assert (count_bases(pqc.observables), count_bases(absorbed.observables)) == (3, n + 2)
    program = compile_program(pqc.circuit, pqc.observables, pqc.inputs, pqc.weights)
    assert effective(program).all()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("absorb_tail", [False, True])
def test_values_of_the_published_code(backend: str, absorb_tail: bool) -> None:
    cases = [(PnuSpec(2, 1), [-1.0, 1.0], SMALL), (PnuSpec(4, 2), np.linspace(-1, 1, 4), LARGE)]
    for spec, x, expected in cases:
        chosen = PnuSpec(spec.n_qubits, spec.n_layers, absorb_tail=absorb_tail)
        found = values(chosen, np.array(x), np.linspace(0.1, 3, spec.n_weights), backend)
        np.testing.assert_allclose(found, expected, rtol=0, atol=6e-10)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n", [3, 4])
def test_closed_forms_of_one_layer_without_weights(
    n: int, backend: str, rng: np.random.Generator
) -> None:
    x = rng.uniform(-2, 2, n)
    found = values(PnuSpec(n, 1), x, np.zeros(3 * n), backend)
    cos, sin = np.cos(x) ** 2, np.sin(x)
    by_x = [*(sin[:-1] * sin[1:]), sin[0] * sin[1] * sin[-1]]
    by_z = [np.prod(cos[1:]), *np.cumprod(cos)[1:]]
    by_zz = [cos[0] * np.prod(cos[2:]), *cos[2:], cos[0]]
    np.testing.assert_allclose(found[:n], by_x, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found[2 * n :], [*by_z, *by_zz], rtol=0, atol=1e-9)


def test_it_is_pennylanes_circuit(rng: np.random.Generator) -> None:
    qml = pytest.importorskip("pennylane", reason="the extra bench is not installed")
    for n, layers in ((2, 2), (4, 2), (8, 3)):
        pqc = build_pqc(PnuSpec(n, layers))

        @qml.qnode(qml.device("default.qubit", wires=n))
        def circuit(x: np.ndarray, w: np.ndarray, n: int = n, layers: int = layers) -> list:
            for layer in range(layers):
                qml.AngleEmbedding(x, wires=range(n), rotation="Y")
                qml.AngleEmbedding(x, wires=range(n), rotation="X")
                qml.StronglyEntanglingLayers(w[layer : layer + 1], wires=range(n), ranges=[1])
            ones = [
                qml.expval(letter(q))
                for letter in (qml.PauliX, qml.PauliY, qml.PauliZ)
                for q in range(n)
            ]
            return ones + [qml.expval(qml.PauliZ(q) @ qml.PauliZ((q + 1) % n)) for q in range(n)]

        x, w = rng.uniform(-3, 3, n), rng.uniform(0, 6, (layers, n, 3))
        with get_backend("statevector") as backend:
            found = backend.qnn(pqc).forward(x[np.newaxis], w.ravel())[0]
        np.testing.assert_allclose(found, np.array(circuit(x, w)), rtol=0, atol=1e-12)


def test_the_report_draws_other_rotations() -> None:
    gates = [each.name for each in build_pqc(PnuSpec(2, 1, rotation="xyz")).circuit.data]
    assert gates == ["ry"] * 2 + ["rx"] * 2 + ["rx", "ry", "rz"] * 2 + ["cx"] * 2


@pytest.mark.parametrize("measurement", MEASUREMENTS)
def test_forms_have_the_same_values(measurement: str, rng: np.random.Generator) -> None:
    spec = PnuSpec(3, 2, "xyz", measurement)
    built, absorbed = family_of(spec).forms(spec)
    x, w = rng.uniform(-3, 3, 3), rng.uniform(0, 6, spec.n_weights)
    np.testing.assert_allclose(
        values(absorbed.spec, x, w), values(built.spec, x, w), rtol=0, atol=1e-12
    )
    assert family_of(spec).form(absorbed.spec) == absorbed


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("pnu:4,2", PnuSpec(4, 2)),
        ("pnu:(8 3)", PnuSpec(8, 3)),
        ("pnu:4,2,xyz", PnuSpec(4, 2, "xyz")),
        ("pnu:4,1,multi,xyz", PnuSpec(4, 1, "xyz", "multi")),
    ],
)
def test_short_forms(text: str, spec: PnuSpec) -> None:
    assert parse_spec(text) == spec
    assert spec_from_json(spec_to_json(spec)) == spec
    assert spec_to_json(spec)["family"] == "pnu"


def test_what_it_says_of_itself() -> None:
    spec = PnuSpec(4, 3)
    family = family_of(spec)
    assert family.label(spec) == "pnu (4,3) paulis zyz"
    assert family.file_stem(spec) == "pnu-4-3-paulis-zyz"
    smaller = list(family.smaller(spec))
    assert smaller == [(1, PnuSpec(4, 2)), (2, PnuSpec(4, 1))]
    assert family.differences(spec, smaller[1][1]) == ("1 layer instead of 3",)
    assert family.differences(spec, PnuSpec(4, 3, "xyz")) == ("rotation xyz",)
    published = family.published_counts(spec)
    assert (published.one_qubit, published.two_qubit) == (12, 12)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"n_qubits": 1}, "n_qubits = 1: expected a whole number of at least 2"),
        ({"n_layers": 0}, "n_layers = 0"),
        ({"n_layers": True}, "n_layers = True"),
        ({"rotation": "zxz"}, "rotation = 'zxz': choose one of zyz, xyz"),
        ({"measurement": "all"}, "measurement = 'all': choose one of multi"),
        ({"absorb_tail": "yes"}, "absorb_tail = 'yes'"),
    ],
)
def test_wrong_choices_are_named(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(CircuitError, match=words):
        PnuSpec(**({"n_qubits": 4, "n_layers": 2} | wrong))
