"""The same mechanisms as differential equations, solved by LSODA: the oracle of the tests."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.integrate import solve_ivp

from qkdrp.systems.pkpd.mechanism import Structure


def by_solver(
    structure: Structure,
    values: Mapping[str, float],
    doses: Sequence[tuple[float, float]],
    times: Sequence[float],
) -> tuple[np.ndarray, np.ndarray]:
    """Return concentration and biomarker at increasing times; doses are (time, amount)."""
    p = {name: float(value) for name, value in values.items()}

    def effect(c: float) -> float:
        power = max(c, 0.0) ** p.get("hill", 1.0)
        return p[structure.ceiling] * power / (p[structure.potency] ** p.get("hill", 1.0) + power)

    def slope(_time: float, state: np.ndarray) -> list[float]:
        depot, central, outer, r = state
        out, back = (p["Q"] / p["V"], p["Q"] / p["V2"]) if "Q" in p else (0.0, 0.0)
        factor = 1 + structure.sign * effect(central / p["V"])
        kout = p.get("kout", 0.0)
        production, loss = (factor, 1.0) if structure.effect in ("I", "III") else (1.0, factor)
        return [
            -p["ka"] * depot,
            p["ka"] * depot - (p["CL"] / p["V"] + out) * central + back * outer,
            out * central - back * outer,
            kout * (production * p["R0"] - loss * r),
        ]

    state, found, start = np.array([0.0, 0.0, 0.0, p["R0"]]), [], 0.0
    stops = [*[(time, amount) for time, amount in doses if time > 0], (max(times) + 1, 0.0)]
    state[0] = sum(amount for time, amount in doses if time == 0)
    for stop, amount in stops:
        inside = [t for t in times if start <= t < stop]
        solved = solve_ivp(
            slope, (start, stop), state, method="LSODA", t_eval=[*inside, stop],
            rtol=1e-9, atol=1e-11,
        )  # fmt: skip
        found += [solved.y[:, i] for i in range(len(inside))]
        state, start = solved.y[:, -1].copy(), stop
        state[0] += amount
    rows = np.array(found)
    concentration = rows[:, 1] / p["V"]
    if structure.effect == "direct":
        return concentration, p["R0"] * (1 + structure.sign * np.vectorize(effect)(concentration))
    return concentration, rows[:, 3]
