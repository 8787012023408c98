import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qkdrp.backends.depth import analyse, sweep
from qkdrp.backends.depth.analyse import depth_report, transpiled
from qkdrp.backends.depth.cache import Cache
from qkdrp.backends.depth.report import DepthReport
from qkdrp.circuits import PQCSpec, build_pqc
from qkdrp.common.errors import BackendError
from tests.circuits.random_circuits import reference_values

SMALL = PQCSpec(4, 1, 1)


@pytest.fixture(scope="module")
def report() -> DepthReport:
    return depth_report(
        [SMALL, PQCSpec(6, 1, 1)],
        [FakeManilaV2()],
        levels=(1, 3),
        seeds=(4, 5),
        cache=Cache(None),
        workers=1,
    )


def test_one_row_for_each_form_level_and_seed_the_best_marked(report: DepthReport) -> None:
    plain = [row for row in report.rows if row.variant.form == "as built"]
    assert [(row.trial.level, row.trial.seed) for row in plain] == [(1, 4), (1, 5), (3, 4), (3, 5)]
    assert sum(row.best for row in plain) == 1
    best = next(row for row in plain if row.best)
    assert best.trial.value_success == max(row.trial.value_success for row in plain)
    forms = {row.variant.form for row in report.best}
    assert forms == {"as built", "absorbed tail", "line network", "line with tail"}


def test_a_circuit_that_is_too_wide_is_left_out(report: DepthReport) -> None:
    assert [(each.circuit, each.device) for each in report.skipped] == [
        ("(6,1,1) multi ring", "fake_manila")
    ]
    assert "has 6 qubits, fake_manila has 5" in report.skipped[0].reason


def test_gains_keep_all_values(report: DepthReport, rng: np.random.Generator) -> None:
    (gain,) = report.gains
    assert gain.ratio > 1
    assert gain.chosen.trial.value_success >= gain.plain.trial.value_success
    pqc, found = build_pqc(SMALL), transpiled(report, gain.fewest)
    points = rng.uniform(-3, 3, (2, SMALL.n_inputs + SMALL.n_weights))
    values = [
        reference_values(each.circuit, each.observables, [*each.inputs, *each.weights], points)
        for each in (pqc, found.pqc)
    ]
    np.testing.assert_allclose(values[0], values[1], rtol=0, atol=1e-10)


def test_recommendations_say_what_it_takes(report: DepthReport) -> None:
    said = {each.rule: each for each in report.recommendations}
    literal = said["qv_logical"]  # Manila has a quantum volume of 32, hence 5 qubits and layers
    assert literal.before.met is False
    assert literal.row is None or not literal.same_values
    assert said["eplg"].words.startswith("cannot be told: the device tells no layer fidelity")
    assert all(each.device == "fake_manila" for each in report.recommendations)


def test_a_report_is_json_and_a_table(report: DepthReport) -> None:
    content = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert len(content["rows"]) == len(report.rows)
    assert len(content["rows"][0]["verdicts"]) == 5
    frame = report.to_frame()
    assert len(frame) == len(report.rows)
    assert frame["trial.two_qubit_gates"].tolist() == [
        row.trial.two_qubit_gates for row in report.rows
    ]
    assert frame["meets.eplg"].isna().all()


def test_nothing_is_transpiled_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(backend: object) -> tuple[DepthReport, int]:
        done = []
        made = depth_report(
            [SMALL], [backend], seeds=(0,), recommend="none", cache=Cache(tmp_path),
            workers=1, on_progress=lambda what, n, _: done.append(n) if n else None,
        )  # fmt: skip
        return made, len(done)

    first, worked = run(FakeManilaV2())
    again, idle = run(FakeManilaV2())
    assert worked == 2 + 4  # networks, transpilations
    assert idle == 0
    assert again.rows == first.rows
    other = FakeManilaV2()
    other.target["cx"][(0, 1)].error = 0.02
    assert run(other)[1] == 4  # another calibration, the same networks


def test_workers_find_the_same(report: DepthReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "FEW", 0)
    found = depth_report(
        [SMALL], [FakeManilaV2()], levels=(1, 3), seeds=(4, 5), reduce=False,
        recommend="none", cache=Cache(None), workers=2,
    )  # fmt: skip
    assert found.rows == tuple(row for row in report.rows if row.variant.form == "as built")


def test_a_device_that_tells_nothing_has_rows() -> None:
    found = depth_report(
        [SMALL], [GenericBackendV2(5, seed=1)], seeds=(0,), cache=Cache(None), workers=1
    )
    row = found.rows[0]
    assert (row.eplg, row.volume, row.times.inference_clops) == (None, None, None)
    assert row.trial.two_qubit_gates > 0


def test_a_faulty_qubit_is_gone_around() -> None:
    backend = FakeManilaV2()
    for on in ((3, 4), (4, 3)):
        backend.target["cx"][on].error = 1.0
    found = depth_report([SMALL], [backend], seeds=(0,), cache=Cache(None), workers=1)
    assert found.rows
    assert all(4 not in row.trial.qubits for row in found.rows)
    with pytest.raises(BackendError, match="fake_manila has 4 connected ones in working order"):
        depth_report([PQCSpec(5, 1, 1)], [backend], seeds=(0,), cache=Cache(None), workers=1)


def test_what_the_transpiler_refuses_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    from qiskit.transpiler.exceptions import TranspilerError

    def fail(*_: object, **__: object) -> None:
        raise TranspilerError("no way\nat all")

    monkeypatch.setattr("qkdrp.backends.depth.trial.transpile_once", fail)
    with pytest.raises(BackendError, match=r"fake_manila: .*level 3 \(no way at all\)"):
        depth_report(
            [SMALL], [FakeManilaV2()], seeds=(0,), reduce=False, cache=Cache(None), workers=1
        )


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"levels": (4,)}, "choose among 0, 1, 2, 3"),
        ({"levels": ()}, "choose among"),
        ({"seeds": ()}, "at least one"),
        ({"quantum_volume": 1}, "expected 2 or more"),
        ({"recommend": "some"}, "choose one of best, all, none"),
    ],
)
def test_numbers_out_of_range_are_refused(options: dict[str, object], match: str) -> None:
    with pytest.raises(BackendError, match=match):
        depth_report([SMALL], [SimpleNamespace()], **options)  # type: ignore[arg-type]  # wrong ones, too


def test_unknown_devices_are_listed() -> None:
    with pytest.raises(BackendError, match="Unknown device 'fake_nothing': choose one of"):
        depth_report([SMALL], ["fake_nothing"])
    with pytest.raises(BackendError, match="no circuit or no device"):
        depth_report([SMALL], [])


def test_fractional_gates_make_circuits_shallower() -> None:
    plain, fractional = (
        depth_report(
            [PQCSpec(4, 2, 1)], ["fake_torino"], seeds=(0,), fractional=use, reduce=False,
            recommend="none", cache=Cache(None), workers=1,
        ).rows[0]
        for use in (False, True)
    )  # fmt: skip
    assert fractional.trial.depth < plain.trial.depth
    assert fractional.variant.form == "as built, fractional gates"


def test_levels_and_seeds_are_checked_once() -> None:
    assert analyse._checked((3, 1, 3), (2, 2, 0)) == ((1, 3), (2, 0))
