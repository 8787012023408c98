"""The circuit of Team PNU in torch's complex numbers, gate by gate, for values and gradients."""

import torch
from torch import nn


def rotation(letter: str, angle: torch.Tensor) -> torch.Tensor:
    """Return ``exp(-i angle P / 2)``, shape (..., 2, 2)."""
    cos, sin = torch.cos(angle / 2) + 0j, torch.sin(angle / 2) + 0j
    entries = {
        "x": (cos, -1j * sin, -1j * sin, cos),
        "y": (cos, -sin, sin, cos),
        "z": (cos - 1j * sin, 0 * sin, 0 * sin, cos + 1j * sin),
    }[letter]
    return torch.stack(entries, dim=-1).unflatten(-1, (2, 2))


class ReferenceCircuit(nn.Module):
    """Values of the circuit, (n_rows, 4 n), of angles, (n_rows, n)."""

    def __init__(self, n: int, n_layers: int, weights: torch.Tensor) -> None:
        super().__init__()
        self.n, self.n_layers = n, n_layers
        self.weight = nn.Parameter(weights.detach().clone())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n = self.n
        state = torch.zeros(len(x), *[2] * n, dtype=torch.complex128)
        state[(slice(None), *[0] * n)] = 1
        weights = self.weight.view(self.n_layers, n, 3)
        for layer in range(self.n_layers):
            for q in range(n):
                for letter in "yx":
                    state = self.apply(rotation(letter, x[:, q]), state, q)
                for letter, angle in zip("zyz", weights[layer, q], strict=True):
                    state = self.apply(rotation(letter, angle).expand(len(x), 2, 2), state, q)
            for q in range(n):
                state = self.flip_where(state, q, (q + 1) % n)
        plain = [self.expectation(state, {q: letter}) for letter in "xyz" for q in range(n)]
        pairs = [self.expectation(state, {q: "z", (q + 1) % n: "z"}) for q in range(n)]
        return torch.stack([*plain, *pairs], dim=1)

    def apply(self, gates: torch.Tensor, state: torch.Tensor, q: int) -> torch.Tensor:
        moved = state.movedim(q + 1, 1).flatten(2)
        return (gates @ moved).view(len(state), *[2] * self.n).movedim(1, q + 1)

    def flip_where(self, state: torch.Tensor, control: int, target: int) -> torch.Tensor:
        off, on = state.unbind(control + 1)
        place = target + (target < control)
        return torch.stack([off, on.flip(place)], dim=control + 1)

    def expectation(self, state: torch.Tensor, letters: dict[int, str]) -> torch.Tensor:
        half = torch.tensor(torch.pi, dtype=torch.float64)
        turned = state
        for q, letter in letters.items():  # exp(-i pi P / 2) is -i P
            turned = 1j * self.apply(rotation(letter, half).expand(len(state), 2, 2), turned, q)
        return (state.conj() * turned).flatten(1).sum(1).real
