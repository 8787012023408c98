from pathlib import Path

import pytest

from qkdrp.circuits import PQCSpec, parse_spec
from qkdrp.common.errors import CircuitError, ConfigError, RunError
from qkdrp.reports.depth.circuit_selection import choose_circuits


@pytest.mark.parametrize("text", ["4,2,1", "(4 2 1)", " 4, 2, 1 "])
def test_sizes_are_read(text: str) -> None:
    assert parse_spec(text) == PQCSpec(4, 2, 1)


@pytest.mark.parametrize("text", ["4,2", "4,2,x", "", "4,2,1,1", "-4,2,1"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="such as 4,2,1"):
        parse_spec(text)


def test_the_grid_is_twelve_sizes_read_both_ways() -> None:
    found = choose_circuits(grid=True)
    assert len(found) == len(set(found)) == 24
    assert {spec.measurement for spec in found} == {"multi", "single"}
    assert (
        len(choose_circuits(grid=True, measurements=["multi"], entanglers=["ring", "brick"])) == 24
    )


def test_choices_go_to_every_circuit() -> None:
    found = choose_circuits(["4,2,1"], entanglers=["linear"], absorb_tail=True)
    assert found == [PQCSpec(4, 2, 1, entangler="linear", absorb_tail=True)]
    with pytest.raises(CircuitError, match="choose one of ring"):
        choose_circuits(["4,2,1"], entanglers=["star"])
    with pytest.raises(CircuitError, match="at least 2"):
        choose_circuits(["1,2,1"])


def test_nothing_asked_for_is_refused() -> None:
    with pytest.raises(ConfigError, match="give --spec"):
        choose_circuits()


def test_a_run_gives_its_circuit(tmp_path: Path) -> None:
    from qkdrp.common.files import write_json
    from qkdrp.systems.response.config import TrainConfig

    config = TrainConfig.make(model={"n_qubits": 3, "n_variational": 2, "measurement": "single"})
    write_json(tmp_path / "config.json", config.model_dump())
    assert choose_circuits(run=tmp_path) == [PQCSpec(3, 2, 2, "single")]
    classic = TrainConfig.make(model={"model": "classic"})
    write_json(tmp_path / "config.json", classic.model_dump())
    with pytest.raises(RunError, match="has no circuit"):
        choose_circuits(run=tmp_path)
    with pytest.raises(RunError, match="is no run folder"):
        choose_circuits(run=tmp_path / "nowhere")
