"""A cascade of networks with circuits on every backend: what it asks for, noise, jobs in stages."""

import re
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from qkdrp.backends import get_backend
from qkdrp.backends.aer_noisy import AerNoisy
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.stages import Stages
from qkdrp.common.errors import ConfigError
from qkdrp.common.files import write_json
from qkdrp.runs.folder import Run
from qkdrp.runs.planned_layers import planned_layers
from qkdrp.runs.train import train
from qkdrp.systems.pkpd import baselines
from qkdrp.systems.pkpd.config import PkpdConfig
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, Trial
from qkdrp.systems.pkpd.system import PkpdSystem
from qkdrp.training.split import Split
from tests.qkdrp.conftest import CliResult, read_json
from tests.qkdrp.hardware import EVALUATE, check_refused, end_all
from tests.qkdrp.killed import killed_in_a_fork
from tests.runtime_server import RuntimeServer

Cli = Callable[..., CliResult]

SYSTEM = PkpdSystem()
LAYERS = [f"{endpoint}.block{number}.{place}" for endpoint in (CONCENTRATION, BIOMARKER)
          for number in (1, 2) for place in ("up", "down")]  # fmt: skip
NOISY = ("--backend", "aer_noisy", "--noise", "fake_manila")
SMALL = {"model": "resqnn_moe", "n_qubits": 2, "n_layers": 1}


@pytest.fixture(autouse=True)
def _own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def untrained(trial: Trial, **model: Any) -> Run:
    """Return a network with fresh weights, as a run that has no folder."""
    config = PkpdConfig.make(model={**SMALL, **model})
    fitted = SYSTEM.fit_preprocessor(trial, config)
    with get_backend("statevector") as backend:
        network = SYSTEM.build(config, fitted, backend, 0)
    nobody = np.array([], dtype=np.str_)
    return Run(config, Split(nobody, nobody, nobody), fitted, network, None, Path(), SYSTEM)


def slots(trial: Trial, endpoint: str) -> int:
    """Return how many observations an endpoint has."""
    return sum(len(each.observations[endpoint].times) for each in trial.subjects)


def times_of_doses(trial: Trial) -> int:
    """Return how many concentrations a cascade predicts: of each time, each dosed subject's one."""
    return sum(
        len(
            set(each.observations[CONCENTRATION].times)
            | (set(each.observations[BIOMARKER].times) if len(each.doses) else set())
        )
        for each in trial.subjects
    )


@pytest.mark.parametrize(
    ("settings", "n_layers", "n_stages"),
    [
        ({}, 8, 8),
        ({"pk_column": "zeros"}, 8, 4),
        ({"pkpd_mode": "independent"}, 8, 4),
        ({"pkpd_mode": "multitask"}, 4, 4),
        ({"core": "frozen"}, 8, 8),
        ({"qexperts": True}, 32, 8),
        ({"model": "qnn"}, 4, 4),
    ],
)
def test_what_layers_ask_for_is_known_before(
    settings: Mapping[str, Any], n_layers: int, n_stages: int, estdata: Trial
) -> None:
    """Points are slots with observations, no padded ones; doses decide in a cascade alone."""
    subjects = estdata.select(["1", "2", "13", "37"])  # two without doses
    run = untrained(estdata, **settings)
    planned = planned_layers(run, subjects)
    drug, marker = (slots(subjects, name) for name in (CONCENTRATION, BIOMARKER))
    if not settings.keys() & {"pk_column", "pkpd_mode"}:
        drug = times_of_doses(subjects)
    expected = {CONCENTRATION: drug, BIOMARKER: marker, "shared": drug + marker}
    assert {each.label.partition(".")[0]: each.points for each in planned}.items() <= (
        expected.items()
    )
    assert len(planned) == n_layers
    assert {each.stage for each in planned} == set(range(n_stages))

    with get_backend("statevector") as backend:  # and that is what is executed
        network = SYSTEM.build(run.config, run.preprocessor, backend, 0).eval()
        with torch.no_grad():
            network(*SYSTEM.rows(run.preprocessor, subjects).inputs)
        assert sum(each.points for each in planned) == backend.usage.executions


def test_nothing_is_asked_of_concentrations_without_doses(estdata: Trial) -> None:
    planned = planned_layers(untrained(estdata), estdata.select(["1", "2"]))
    assert [each.label for each in planned] == LAYERS[4:]
    assert [each.stage for each in planned] == [0, 1, 2, 3]


@pytest.fixture(scope="module")
def run(drug_x: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    config = PkpdConfig.make(
        data={"source": str(uncensored(drug_x, tmp_path_factory.mktemp("trial")))},
        model={**SMALL, "log_target": True},
        fit={"epochs": 2, "lr": 0.01},
        threads=1,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(baselines, "N_TREES", 5)
        trained, _ = train(config, tmp_path_factory.mktemp("cascade") / "run")
        yield trained.path


def test_the_model_card_lists_settings_that_the_model_reads(run: Path) -> None:
    card = (run / "README.md").read_text()
    assert "`n_qubits`" in card
    assert not any(f"`{name}`" in card for name in ("structure", "refits", "head"))


def uncensored(table: Path, folder: Path) -> Path:
    """Write a trial without what is below the limit of quantification."""
    frame = pd.read_csv(table)
    frame[frame["CENS"] != 1].drop(columns=["CENS", "LLOQ"]).to_csv(
        folder / "trial.csv", index=False
    )
    write_json(folder / "trial.json", read_json(table.with_name("trial.json")))
    return folder / "trial.csv"


def evaluated(cli: Cli, run: Path, output: Path, *options: object) -> dict[str, Any]:
    result = cli("evaluate", run, *options, "--threads", 1, "--output", output)
    assert result.code == 0, result.err
    found: dict[str, Any] = read_json(output / "metrics.json")
    assert found["not_predicted"] == 0
    return found


def test_scales_of_noise_move_predictions_step_by_step(run: Path, cli: Cli, tmp_path: Path) -> None:
    shift = [
        evaluated(cli, run, tmp_path / f"{scale}", *NOISY, "--noise-scale", scale)[
            "largest_prediction_shift"
        ]
        for scale in (0, 1, 2)
    ]
    assert shift[0] < 1e-6 < shift[1] < shift[2]


@pytest.mark.parametrize("how", [("--shots", 200), ("--method", "pauli_trajectories")])
def test_every_layer_tells_its_own_errors(
    how: tuple[str, object], run: Path, cli: Cli, tmp_path: Path
) -> None:
    found = evaluated(cli, run, tmp_path / "out", *NOISY, *how)
    circuits = {each["layer"]: each for each in found["noise"]["circuits"]}
    assert list(circuits) == LAYERS
    assert all(each["standard_error"] > 0 for each in circuits.values())
    assert all((tmp_path / "out" / f"noisy_values-{layer}.csv").exists() for layer in LAYERS)


def test_new_subjects_are_predicted_under_noise(run: Path, cli: Cli, tmp_path: Path) -> None:
    table = new_subjects(run, tmp_path)
    asked = ("predict", run, "--data", table, "--coverage", 0.5, "--threads", 1)
    tables = []
    for name, options in {"exact": (), "noisy": NOISY}.items():
        result = cli(*asked, *options, "--output", tmp_path / f"{name}.csv")
        assert result.code == 0, result.err
        tables.append(pd.read_csv(tmp_path / f"{name}.csv"))
    exact, noisy = (each["PRED"].dropna().to_numpy() for each in tables)
    assert len(exact) == 5
    assert (exact != noisy).all()


def new_subjects(run: Path, folder: Path) -> Path:
    """Write a subject with doses and one without, in the form of the run's trial."""
    source = pd.read_csv(read_json(run / "config.json")["data"]["source"])
    dosed = source[source["AMT"] > 0]["SUBJECT"].iloc[0]
    other = source[~source["SUBJECT"].isin(source[source["AMT"] > 0]["SUBJECT"])]["SUBJECT"].iloc[0]
    seen = source["AMT"] == 0
    parts = [
        source[(source["SUBJECT"] == dosed) & (source["AMT"] > 0)],
        source[(source["SUBJECT"] == dosed) & seen & (source["DVID"] == "cp")].head(1),
        source[(source["SUBJECT"] == dosed) & seen & (source["DVID"] == "renin")].head(2),
        source[(source["SUBJECT"] == other) & seen].head(2),
    ]
    pd.concat(parts).to_csv(folder / "new.csv", index=False)
    return folder / "new.csv"


@pytest.fixture
def book() -> Ledger:
    return Ledger()


def priced(printed: str) -> dict[str, int]:
    """Return the points of each layer that a preview shows, checked for turns and gates."""
    lines = re.findall(r"stage +(\d) of 8, layer (\S+): (\d+) points, .* (\d) two-q", printed)
    assert [layer for _, layer, _, _ in lines] == LAYERS
    assert [int(turn) for turn, _, _, _ in lines] == list(range(1, 9))
    assert all(int(gates) > 0 for *_, gates in lines)
    return {layer: int(points) for _, layer, points, _ in lines}


def test_stages_of_new_subjects_are_priced_killed_and_paid_once(
    run: Path, cli: Cli, ibm: RuntimeServer, book: Ledger, tmp_path: Path
) -> None:
    ibm.queue_seconds = 600
    asked = ("predict", run, "--data", new_subjects(run, tmp_path), "--coverage", 0.5)
    asked += ("--threads", 1, "--output", tmp_path / "p.csv", *EVALUATE)
    dry = cli(*asked, "--dry-run")
    assert dry.code == 0, dry.err
    points = priced(dry.out)
    assert points == {layer: 3 if layer.startswith(CONCENTRATION) else 4 for layer in LAYERS}
    assert not ibm.jobs

    assert cli(*asked, "--no-wait").code == 0
    planned = {each.layer: each.points for each in Stages.of(book, book.get(1)).plan}
    assert planned == points
    end_all(ibm)
    killed = killed_in_a_fork("server has it", tmp_path, "jobs", "continue", "1")
    assert (killed, len(ibm.jobs)) == (-signal.SIGKILL, 2)
    deadline = time.monotonic() + 120
    while "collected" not in (result := cli("jobs", "continue", 1, "--wait")).out:
        assert result.code == 0, result.err + result.out
        assert time.monotonic() < deadline
    entries = Stages.of(book, book.get(1)).entries
    assert [each.layer for each in entries] == LAYERS
    assert [sum(job.last - job.first for job in each.jobs) for each in entries] == [
        points[layer] for layer in LAYERS
    ]
    assert len(ibm.jobs) == len(LAYERS)
    assert pd.read_csv(tmp_path / "p.csv")["PRED"].notna().sum() == 5


def settings_only(folder: Path, **model: Any) -> Path:
    """Write a run folder that holds nothing but its settings."""
    folder.mkdir()
    config = PkpdConfig.make(model={"model": "resqnn_moe", **model})
    write_json(folder / "config.json", config.model_dump())
    return folder


def test_depth_names_every_circuit_and_counts_its_gates(cli: Cli, tmp_path: Path) -> None:
    result = cli("depth", "--run", settings_only(tmp_path / "run"), "--devices", "fake_torino",
                 "--seeds", 5, "--workers", 1, "--recommend", "none")  # fmt: skip
    assert result.code == 0, result.err
    assert re.findall(r"layer (\S+): pnu \(4,2\)", result.out) == LAYERS
    (absorbed,) = re.findall(r"absorbed tail +(\d+)", result.out)
    assert int(absorbed) <= 7


def test_absorbed_tails_give_the_same_numbers_with_fewer_gates(estdata: Trial) -> None:
    subjects, sizes = estdata.select(["1", "13"]), {"n_qubits": 4, "n_layers": 2}
    runs = [untrained(estdata, absorb_tail=absorb, **sizes) for absorb in (False, True)]
    one, other = (run.predict(subjects) for run in runs)
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    circuit = planned_layers(runs[1], subjects)[0].pqc
    with get_backend("aer_noisy", noise="fake_torino") as backend:
        assert isinstance(backend, AerNoisy)
        assert backend.prepare(circuit).two_qubit_gates <= 7


@pytest.mark.parametrize(
    "model",
    [{"model": "resqnn_moe", "core": "dense"}, {"model": "mlp"}, {"model": "greybox"}],
)
def test_a_tail_belongs_to_circuits(model: Mapping[str, Any]) -> None:
    with pytest.raises(ConfigError, match="--absorb-tail belongs to models with circuits"):
        PkpdConfig.make(model={**model, "absorb_tail": True})


@pytest.mark.parametrize("core", ["dense", "lowrank", "none"])
def test_twins_without_circuits_are_refused_by_name(core: str, cli: Cli, tmp_path: Path) -> None:
    folder = settings_only(tmp_path / "run", core=core)
    result = cli("depth", "--run", folder, "--devices", "fake_torino")
    check_refused(result, f"model 'resqnn_moe' with core '{core}' has no circuit")
