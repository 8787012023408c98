"""What a wide circuit does to states of one sample: on the calling thread, or split among all."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qkdrp.backends.exact import wide_kernels as kernels
from qkdrp.backends.exact.plan import MIXED
from qkdrp.backends.exact.pool import share_out
from qkdrp.backends.exact.simd import aligned
from qkdrp.backends.exact.state_kernels import ROW
from qkdrp.backends.exact.wide_kernels import BLOCK, STAGE
from qkdrp.backends.exact.wide_plan import BLOCK_QUBITS, WidePlan

Reals = NDArray[Any]

T = TypeVar("T")


class States:
    """Operations on states, which the caller owns.

    Args:
        plan: The program, arranged.
        dtype: Precision of states.
        split: Whether all threads work on one state, which takes a while for each run.
    """

    def __init__(self, plan: WidePlan, dtype: np.dtype[Any], *, split: bool) -> None:
        self.plan, self.dtype, self.split = plan, dtype, split

    def forward(self, psi: Reals, half: Reals, start: int, stop: int) -> None:
        """Apply runs start..stop, of half the angles, shape (n_rotations,)."""
        plan = self.plan
        if not self.split:
            kernels.forward(psi, self._block(), plan.runs, start, stop, plan.masks, half)
            return
        for index in range(start, stop):
            run = plan.shared[index]
            if run["kind"] == MIXED:
                self._turn_mixed(psi, run, half[run["start"]])
                continue
            self._top(psi, index)
            self._share(self._turn, plan.part, len(psi), psi, index, half)
            self._top(psi, index)

    def backward(self, psi: Reals, adjoint: Reals, half: Reals, start: int, stop: int) -> Reals:
        """Undo runs stop..start on two states; return slopes, shape (n_rotations,)."""
        plan = self.plan
        found = np.zeros(plan.program.n_rotations)
        if not self.split:
            memory = self._block(), plan.runs, start, stop, plan.masks, half, found
            kernels.backward(psi, adjoint, *memory)
            return found
        for index in reversed(range(start, stop)):
            run = plan.shared[index]
            if run["kind"] == MIXED:
                k = run["start"]
                found[k] = self._element(adjoint, psi, run["x"], run["z"], 3)
                self._turn_mixed(psi, run, -half[k])
                self._turn_mixed(adjoint, run, -half[k])
                continue
            self._top(psi, index)
            self._top(adjoint, index)
            found += sum(
                self._share(self._turn_back, plan.part, len(psi), psi, adjoint, index, half)
            )
            self._top(psi, index)
            self._top(adjoint, index)
        return found

    def observe(self, psi: Reals) -> Reals:
        """Return the expectation value of each term, shape (n_terms,)."""
        plan, program = self.plan, self.plan.program
        found = np.zeros(len(program.term_x))
        found[plan.plain] = sum(self._share(self._observe, BLOCK, len(psi), psi))
        for t in plan.flips:
            found[t] = self._element(psi, psi, program.term_x[t], program.term_z[t], 0)
        return found

    def pull_back(self, adjoint: Reals, psi: Reals, cotangents: Reals) -> None:
        """Write ``sum_t cotangent_t P_t psi``, of cotangents of shape (n_terms,)."""
        plan, program = self.plan, self.plan.program
        self._share(self._pull_back, BLOCK, len(psi), adjoint, psi, cotangents[plan.plain])
        for t in plan.flips:
            strings = program.term_x[t], program.term_z[t], cotangents[t]
            self._share(kernels.add_term_rows, 1, len(psi) // ROW, adjoint, psi, *strings)

    def _share(self, run: Callable[..., T], unit: int, length: int, *arguments: object) -> list[T]:
        """Call ``run(*arguments, start, stop)`` on ranges of whole units that cover a length."""
        if not self.split:
            return [run(*arguments, 0, length)]
        units = -(-length // unit)
        return share_out(
            lambda start, stop: run(*arguments, start * unit, min(stop * unit, length)), units, 1
        )

    def _block(self) -> Reals:
        """Return memory for a number for each amplitude of a block."""
        return aligned(1 << BLOCK_QUBITS, self.dtype)

    def _turn(self, psi: Reals, index: int, half: Reals, start: int, stop: int) -> None:
        plan = self.plan
        where = plan.shared, index, plan.masks, half, plan.part, start, stop
        kernels.turn_parts(psi, self._block(), *where)

    def _turn_back(
        self, psi: Reals, adjoint: Reals, index: int, half: Reals, start: int, stop: int
    ) -> Reals:
        plan, found = self.plan, np.zeros(self.plan.program.n_rotations)
        where = plan.shared, index, plan.masks, half, found, plan.part, start, stop
        kernels.turn_back_parts(psi, adjoint, self._block(), *where)
        return found

    def _observe(self, psi: Reals, start: int, stop: int) -> Reals:
        masks = self.plan.program.term_z[self.plan.plain]
        found = np.zeros(len(masks))
        kernels.observe_blocks(found, psi, self._block(), masks, start, stop)
        return found

    def _pull_back(
        self, adjoint: Reals, psi: Reals, cotangents: Reals, start: int, stop: int
    ) -> None:
        masks = self.plan.program.term_z[self.plan.plain]
        kernels.pull_back_blocks(adjoint, psi, self._block(), masks, cotangents, start, stop)

    def _top(self, x: Reals, index: int) -> None:
        """Apply the Hadamards of a run on the qubits above parts."""
        run = self.plan.shared[index]
        for first in range(run["mid"], run["top"], STAGE):
            units = len(x) >> min(STAGE, run["top"] - first)
            self._share(kernels.top_stage, ROW, units, x, self.plan.shared, index, first)

    def _turn_mixed(self, psi: Reals, run: np.void, half: float) -> None:
        strings = run["x"], run["z"], half
        units = kernels.mixed_units(psi, run["x"])
        self._share(kernels.turn_mixed_rows, 1, units, psi, *strings)

    def _element(self, left: Reals, right: Reals, x: int, z: int, quarter: int) -> float:
        rows = len(left) // ROW
        return float(sum(self._share(kernels.element_rows, 1, rows, left, right, x, z, quarter)))
