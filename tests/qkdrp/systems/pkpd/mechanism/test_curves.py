import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from qkdrp.systems.pkpd.mechanism import (
    Design,
    Schedule,
    Structure,
    biomarker,
    concentration,
    concentration_of,
    curves,
)
from qkdrp.systems.pkpd.mechanism.structure import EFFECTS
from tests.qkdrp.systems.pkpd.mechanism.by_solver import by_solver
from tests.qkdrp.systems.pkpd.mechanism.truths import truth

ORACLE = list(
    csv.DictReader((Path(__file__).parent / "curves.csv").read_text("utf-8").splitlines())
)
VALUES = {
    "ka": 1.1, "CL": 0.2, "V": 6.0, "Q": 0.6, "V2": 11.0, "R0": 9.0, "kout": 0.06,
    "IC50": 0.4, "EC50": 0.4, "Imax": 0.85, "Emax": 2.5, "hill": 1.7,
}  # fmt: skip
STRUCTURES = [
    Structure(compartments, effect, sign, hill)
    for compartments in (1, 2)
    for effect in EFFECTS
    for sign in ((-1, 1) if effect == "direct" else (-1,))
    for hill in (False, True)
]
IRREGULAR = [(0.0, 12.0), (12.0, 6.0), (23.4, 6.0), (40.0, 0.0), (48.2, 18.0), (140.0, 6.0)]


def natural(structure: Structure, **changes: float) -> dict[str, torch.Tensor]:
    return structure.to_natural(structure.to_log(VALUES | changes))


def schedule(doses: list[tuple[float, float]]) -> Schedule:
    return Schedule(*(torch.tensor(part, dtype=torch.float64) for part in zip(*doses, strict=True)))


def test_the_tabulated_curves_of_the_true_models() -> None:
    for case in {tuple(list(row.values())[:6]) for row in ORACLE}:
        rows = [row for row in ORACLE if tuple(list(row.values())[:6]) == case]
        name, weight, comed, dose, interval, n = case
        structure, parameters = truth(name, float(weight), float(comed))
        doses = Schedule.regular(float(dose), float(interval), int(n))
        times = torch.tensor([float(row["time_h"]) for row in rows], dtype=torch.float64)
        found = curves(structure, parameters, Design.of(doses, times))
        expected = np.array([[float(row["C_mg_L"]), float(row["R_ng_mL"])] for row in rows])
        np.testing.assert_allclose(found.concentration, expected[:, 0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found.biomarker, expected[:, 1], rtol=1e-4)  # 2e-3 is asked


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda s: s.label)
def test_every_structure_agrees_with_a_solver(structure: Structure) -> None:
    times = [0.0, 0.5, 12.0, 13.0, 30.0, 48.2, 60.0, 139.0, 150.0, 300.0]
    values = {name: VALUES[name] for name in structure.parameters}
    expected = by_solver(structure, values, IRREGULAR, times)
    at = torch.tensor(times, dtype=torch.float64)
    found = curves(structure, natural(structure), Design.of(schedule(IRREGULAR), at))
    np.testing.assert_allclose(found.concentration, expected[0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(found.biomarker, expected[1], rtol=2e-3)


def test_a_finer_grid_converges_to_the_solver() -> None:
    structure = Structure(2, "II", hill=True)
    times = [1.0, 20.0, 30.0, 55.0, 150.0]
    _, expected = by_solver(
        structure, {n: VALUES[n] for n in structure.parameters}, IRREGULAR, times
    )
    at = torch.tensor(times, dtype=torch.float64)
    errors = [
        np.abs(
            curves(
                structure, natural(structure), Design.of(schedule(IRREGULAR), at, refine)
            ).biomarker.numpy()
            / expected
            - 1
        ).max()
        for refine in (1, 2, 4)
    ]
    assert errors[2] < 2e-6
    assert errors[2] < errors[1] / 3 < errors[0] / 9


def test_batches_of_padded_subjects_give_what_each_gives_alone(rng: np.random.Generator) -> None:
    structure = Structure(2, "IV")
    doses = [([0.0, 24.0, 48.0], [5.0, 5.0, 5.0]), ([], []), ([10.0], [20.0])]
    times = torch.from_numpy(np.sort(rng.uniform(0, 200, (3, 6)), axis=1))
    logs = structure.to_log(VALUES) + 0.2 * torch.from_numpy(rng.normal(size=(4, 3, 9)))
    together = curves(
        structure, structure.to_natural(logs), Design.of(Schedule.padded(doses), times)
    )
    assert together.biomarker.shape == (4, 3, 6)
    for subject, (at, amounts) in enumerate(doses):
        alone = Schedule.padded([(at, amounts)])[0]
        parameters = structure.to_natural(logs[:, subject])
        torch.testing.assert_close(
            biomarker(structure, parameters, alone, times[subject]),
            together.biomarker[:, subject],
            rtol=1e-4,
            atol=0,
        )
        torch.testing.assert_close(
            concentration(structure, parameters, alone, times[subject]),
            together.concentration[:, subject],
        )
    assert (together.concentration[:, 1] == 0).all()
    torch.testing.assert_close(
        together.biomarker[:, 1], structure.to_natural(logs)["R0"][:, 1, None].expand(4, 6)
    )


def test_limits() -> None:
    doses, times = schedule(IRREGULAR), torch.linspace(0.5, 200, 9, dtype=torch.float64)
    two, one = Structure(2, "I"), Structure(1, "I")
    torch.testing.assert_close(
        curves(two, natural(two, Q=1e-12), Design.of(doses, times)),
        curves(one, natural(one), Design.of(doses, times)),
    )
    none = biomarker(two, natural(two, Imax=1e-14), doses, times)
    torch.testing.assert_close(none, torch.full_like(times, VALUES["R0"]))
    fine = Design.of(doses, times, refine=16)
    fast = curves(two, natural(two, kout=1e5), fine).biomarker
    direct = biomarker(Structure(2, "direct"), natural(two), doses, times)
    torch.testing.assert_close(fast, direct, rtol=1e-3, atol=0)
    for structure in (two, Structure(2, "II"), Structure(2, "III"), Structure(2, "IV")):
        nothing = Schedule(doses.times, doses.amounts * 1e-12)
        at_rest = biomarker(structure, natural(structure), nothing, times)
        torch.testing.assert_close(at_rest, torch.full_like(times, VALUES["R0"]))


@pytest.mark.parametrize("effect", ["I", "II", "III", "IV"])
def test_long_times_and_fast_rates_stay_finite(effect: str) -> None:
    structure = Structure(2, effect)  # kout t = 2e4 overflows a cumulative sum of e^(kout t)
    logs = structure.to_log(VALUES | {"kout": 20.0}).requires_grad_()
    doses, times = Schedule.regular(10, 12, 80), torch.linspace(0, 1000, 11, dtype=torch.float64)
    found = biomarker(structure, structure.to_natural(logs), doses, times)
    assert torch.isfinite(found).all()
    assert torch.isfinite(torch.autograd.grad(found.sum(), logs)[0]).all()


@pytest.mark.parametrize("distance", [0.0, 1e-12, 1e-6, 1e-4])
def test_absorption_as_fast_as_disposition(distance: float) -> None:
    structure = Structure(1, "I")
    k10 = VALUES["CL"] / VALUES["V"]
    parameters = natural(structure, ka=k10 * (1 + distance))
    times = torch.linspace(0.5, 100, 9, dtype=torch.float64)
    found = concentration(structure, parameters, Schedule.regular(10, 24, 1), times)
    expected = 10 / VALUES["V"] * k10 * times * torch.exp(-k10 * times)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=0)


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda s: s.label)
def test_gradients_agree_with_finite_differences(structure: Structure) -> None:
    logs = structure.to_log(VALUES).requires_grad_()
    design = Design.of(schedule(IRREGULAR[:3]), torch.tensor([0.0, 2.0, 30.0], dtype=torch.float64))

    def values(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return curves(structure, structure.to_natural(x), design)[1:]

    assert torch.autograd.gradcheck(values, logs, atol=1e-6, rtol=1e-4)


def test_gradients_are_finite_where_rates_meet() -> None:
    structure = Structure(1, "I")
    k10 = VALUES["CL"] / VALUES["V"]
    gradients = []
    for ka in (k10, k10 * 1.001):
        logs = structure.to_log(VALUES | {"ka": ka}).requires_grad_()
        found = concentration(
            structure,
            structure.to_natural(logs),
            Schedule.regular(10, 24, 3),
            torch.tensor([30.0], dtype=torch.float64),
        )
        gradients.append(torch.autograd.grad(found.sum(), logs)[0])
    torch.testing.assert_close(gradients[0], gradients[1], rtol=5e-3, atol=1e-5)


def test_concentration_alone_is_the_same() -> None:
    structure = Structure(2, "III")
    design = Design.of(schedule(IRREGULAR), torch.linspace(0, 99, 7, dtype=torch.float64))
    parameters = natural(structure)
    torch.testing.assert_close(
        concentration_of(structure, parameters, design),
        curves(structure, parameters, design).concentration,
    )
