"""A model with three quantum layers in series, and two side by side, on every backend."""

import json
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.points import unpack_points
from qkdrp.backends.runtime.stages import Stages
from qkdrp.runs.folder import load_run
from qkdrp.runs.train import train
from tests.qkdrp.conftest import CliResult, read_json, snapshot
from tests.qkdrp.hardware import EVALUATE, check_refused, end_all
from tests.qkdrp.killed import killed_in_a_fork
from tests.runtime_server import RuntimeServer
from tests.toy_system.installed import install
from tests.toy_system.layered import STAGES, LayeredConfig, circuit_of

Cli = Callable[..., CliResult]
EXACT = 1e-6
HARDWARE = Path("evaluations") / "ibm_runtime"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("layered")
    with pytest.MonkeyPatch.context() as patch:
        install(folder / "site", patch)
        fit = {"epochs": 40, "batch_size": 8, "lr": 0.05, "patience": 0}
        config = LayeredConfig.make(fit=fit, backend="statevector", seed=0, threads=1)
        train(config, folder / "run")
        yield folder / "run"


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "run"))


def names_of(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def files_of_layers(*names: str) -> set[str]:
    return {f"{Path(name).stem}-{layer}{Path(name).suffix}" for name in names for layer in STAGES}


def test_it_learns_more_than_the_mean(run: Path) -> None:
    metrics = read_json(run / "metrics.json")
    assert metrics["test"]["mse"] < metrics["baselines"]["mean"]["mse"]


@pytest.mark.parametrize("backend", ["aer_exact", "statevector"])
def test_it_is_evaluated_exactly(backend: str, run: Path, cli: Cli) -> None:
    result = cli("evaluate", run, "--backend", backend, "--threads", 1)
    assert result.code == 0, result.err
    found = read_json(run / "evaluations" / backend / "metrics.json")
    assert found["largest_prediction_shift"] < EXACT


def test_noise_has_a_prepared_circuit_for_each_layer(run: Path, cli: Cli) -> None:
    result = cli("evaluate", run, "--backend", "aer_noisy", "--shots", 500, "--threads", 1)
    assert result.code == 0, result.err
    folder = run / "evaluations" / "aer_noisy"
    assert names_of(folder) == {"metrics.json", "predictions.csv"} | files_of_layers(
        "prepared.qpy", "prepared.json", "noisy_values.csv"
    )
    report = read_json(folder / "metrics.json")["noise"]
    assert [each["layer"] for each in report["circuits"]] == list(STAGES)
    assert [each["measurement_bases"] for each in report["circuits"]] == [1, 2, 1, 1]
    assert 1e-3 < read_json(folder / "metrics.json")["largest_prediction_shift"] < 2


def test_a_fake_device_gives_values_of_each_layer_that_can_be_replayed(
    run: Path, cli: Cli, ibm: RuntimeServer
) -> None:
    options = ("--backend", "ibm_runtime", "--device", "fake_manila", "--shots", 256)
    result = cli("evaluate", run, *options, "--threads", 1)
    assert result.code == 0, result.err
    assert names_of(run / HARDWARE) == {"metrics.json", "predictions.csv"} | files_of_layers(
        "prepared.qpy", "prepared.json", "expectations.csv"
    )
    assert cli("evaluate", run, "--replay", "--output", run / "again").code == 0
    one, two = (run / each / "predictions.csv" for each in (HARDWARE, "again"))
    assert pd.read_csv(one).equals(pd.read_csv(two))
    assert files_of_layers("prepared.qpy", "expectations.csv") < names_of(run / "again")
    assert len(ibm.jobs) == 0


def test_stages_from_preview_to_results(
    run: Path, cli: Cli, ibm: RuntimeServer, book: Ledger, tmp_path: Path
) -> None:
    result = cli("evaluate", run, *EVALUATE, "--dry-run")
    assert result.code == 0, result.err
    stages = re.findall(r"stage +(\d) of 3, layer (\w+): .* about ([\d.]+) s", result.out)
    assert {layer: int(number) - 1 for number, layer, _ in stages} == STAGES
    (previewed,) = re.findall(r"time +about ([\d.]+) s", result.out)

    sent = [["first"], ["left", "right"], ["last"]]
    for number, layers in enumerate(sent):
        before = len(ibm.jobs)
        ibm.queue_seconds = 600
        if number == 0:
            result = cli("evaluate", run, *EVALUATE, "--no-wait")
            assert re.search(rf"time +about {previewed} s", result.out)
        else:
            result = cli("jobs", "continue")
        assert result.code == 0, result.err
        assert "later: qkdrp jobs continue 1" in result.out
        entries = Stages.of(book, book.get(1)).entries
        assert [each.layer for each in entries][before:] == layers
        assert len(ibm.jobs) == before + len(layers)
        assert f"stage {number + 1} of 3" in cli("jobs", "list").out
        posted = ibm.count("POST", "/jobs")
        assert "has not ended" in cli("jobs", "collect").out
        end_all(ibm)
        if number < len(sent) - 1:
            told = cli("jobs", "collect")
            assert "is not sent: qkdrp jobs continue 1 sends it" in told.out
            assert not (run / HARDWARE / "metrics.json").exists()
            ibm.pace = 1
        assert ibm.count("POST", "/jobs") == posted  # collecting sends nothing
    result = cli("jobs", "collect")
    assert result.code == 0, result.out
    assert "nothing to continue" in cli("jobs", "continue").out
    assert "nothing to collect" in cli("jobs", "collect").out

    shown = json.loads(cli("jobs", "show", 3).out)  # an entry stands for the whole evaluation
    assert shown["evaluation"] == 1
    charged = [job["charged_seconds"] for each in shown["stages"] for job in each["jobs"]]
    planned = [each["seconds"] for each in shown["plan"]]
    assert charged == pytest.approx(planned, abs=1e-3)  # circuits are scheduled after binding
    assert sum(charged) == pytest.approx(float(previewed), abs=0.05)
    check_values(run, book)
    assert cli("jobs", "list", "--html", tmp_path / "jobs.html").code == 0
    page = (tmp_path / "jobs.html").read_text()
    assert all(layer in page for layer in STAGES)
    assert "Quantum layers that wait for one another" in page

    assert cli("evaluate", run, *EVALUATE).code == 0  # attaches
    assert cli("evaluate", run, "--replay", "--values", 2, "--output", run / "replayed").code == 0
    one, two = (run / each / "predictions.csv" for each in (HARDWARE, "replayed"))
    assert pd.read_csv(one).equals(pd.read_csv(two))
    assert len(ibm.jobs) == len(STAGES)


def check_values(run: Path, book: Ledger) -> None:
    """Check that angles of later layers are made of values of earlier ones, and files of each."""
    assert names_of(run / HARDWARE) == {
        "metrics.json",
        "predictions.csv",
        "job.json",
    } | files_of_layers("prepared.qpy", "prepared.json", "expectations.csv")
    entries = {each.layer: each for each in Stages.of(book, book.get(1)).entries}
    values = {
        layer: pd.read_csv(run / HARDWARE / f"expectations-{layer}.csv")["value"]
        .to_numpy()
        .reshape(-1, 2)
        for layer in STAGES
    }
    for layer in ("left", "right"):
        angles = unpack_points(entries[layer].points)[:, :2]
        np.testing.assert_allclose(angles, np.pi * values["first"], atol=1e-5)
    model = load_run(run).model
    mix, head = (
        (each.weight.detach().numpy(), each.bias.detach().numpy())
        for each in (model.mix, model.head)
    )
    beside = np.concatenate([values["left"], values["right"]], axis=1)
    angles = unpack_points(entries["last"].points)[:, :2]
    np.testing.assert_allclose(angles, beside @ mix[0].T + mix[1], atol=1e-5)
    predicted = pd.read_csv(run / HARDWARE / "predictions.csv")["prediction"]
    expected = (values["last"] @ head[0].T + head[1]).ravel()
    np.testing.assert_allclose(predicted, expected, atol=1e-5)


def test_one_limit_holds_for_all_stages(
    run: Path, cli: Cli, ibm: RuntimeServer, book: Ledger
) -> None:
    before = snapshot(run)
    result = cli("evaluate", run, *EVALUATE, "--max-qpu-seconds", 11)  # each stage is below it
    check_refused(result, "above the limit of 11 s", "--max-qpu-seconds 12")
    assert (len(ibm.jobs), book.evaluations()) == (0, [])
    assert snapshot(run) == before

    ibm.queue_seconds = 600  # the first job has not ended before the client looks
    assert cli("evaluate", run, *EVALUATE, "--max-qpu-seconds", 12, "--no-wait").code == 0
    (job,) = ibm.jobs.values()
    job.seconds = 4.0  # it took longer than estimated, and the rest is no longer within the limit
    end_all(ibm)
    result = cli("jobs", "continue", 1)
    check_refused(result, "after 4.0 s before", "above the limit of 12 s")
    assert len(ibm.jobs) == 1
    result = cli("evaluate", run, *EVALUATE, "--max-qpu-seconds", 13)  # agreed to anew
    assert result.code == 0, result.err
    assert len(ibm.jobs) == len(STAGES)


def test_paying_again_is_for_what_failed_alone(
    run: Path, cli: Cli, ibm: RuntimeServer, book: Ledger
) -> None:
    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    end_all(ibm)
    ibm.outcome, ibm.reason = "Failed", "told so"
    result = cli("jobs", "continue", 1, "--wait")
    assert result.code == 2
    assert "--resubmit" in result.err
    ibm.outcome, ibm.reason = "Completed", ""
    result = cli("evaluate", run, *EVALUATE, "--resubmit")
    assert result.code == 0, result.err
    states = [job.outcome for job in ibm.jobs.values()]
    assert (states.count("Completed"), len({each.id for each in book.evaluations()})) == (4, 4)
    # Nothing failed: all of it again, from the first stage on.
    result = cli("evaluate", run, *EVALUATE, "--resubmit", "--no-wait")
    assert result.code == 0, result.err
    assert [each.layer for each in book.evaluations()] == [*STAGES, "first"]


def test_a_client_killed_between_stages_pays_nothing_twice(
    run: Path, cli: Cli, ibm: RuntimeServer, book: Ledger
) -> None:
    ibm.queue_seconds = 600
    assert cli("evaluate", run, *EVALUATE, "--no-wait").code == 0
    end_all(ibm)
    assert (
        killed_in_a_fork("server has it", run, "jobs", "continue", "1", "--wait") == -signal.SIGKILL
    )
    assert len(ibm.jobs) == 2
    deadline = time.monotonic() + 60
    while "collected" not in (result := cli("jobs", "continue", 1, "--wait")).out:
        assert result.code == 0, result.err + result.out
        assert time.monotonic() < deadline
    assert len(ibm.jobs) == len(STAGES)
    check_values(run, book)


def test_layers_are_named_in_card_and_depth_report(run: Path, cli: Cli) -> None:
    card = (run / "README.md").read_text()
    for layer, turn in STAGES.items():
        assert f"| `{layer}` | {turn + 1} | {circuit_of(layer).n_qubits} |" in card
    result = cli("depth", "--run", run, "--devices", "fake_manila", "--seeds", 1, "--workers", 1)
    assert result.code == 0, result.err
    assert all(f"layer {layer}" in result.out for layer in STAGES)
