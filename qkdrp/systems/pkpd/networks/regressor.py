"""The network on a trial: encoders and heads of both endpoints, and how they go together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.functional import pad

from qkdrp.nn.trace import trace_of
from qkdrp.systems.pkpd.data.trial import BIOMARKER, CONCENTRATION, ENDPOINTS
from qkdrp.systems.pkpd.networks.encoders import head
from qkdrp.systems.pkpd.networks.pk_column import PkColumn

SHARED = "shared"
"""Name of an encoder that serves both endpoints."""


class Regressor(nn.Module):
    """Predicts all observations of subjects from their features.

    Args:
        encoders: By endpoint, or one for both, :data:`SHARED`; to (n_rows, 64).
        cascade: How predicted concentrations become the last feature of the biomarker; None for a
            biomarker that reads none.
        zeros: Whether that feature is 0 everywhere, whatever is predicted.
    """

    def __init__(
        self,
        encoders: Mapping[str, nn.Module],
        cascade: PkColumn | None = None,
        zeros: bool = False,
    ) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(dict(encoders))
        self.heads = nn.ModuleDict({name: head() for name in ENDPOINTS})
        self.cascade, self.zeros = cascade, zeros

    def forward(
        self,
        drug: torch.Tensor,
        marker: torch.Tensor,
        drug_at_marker: torch.Tensor,
        treated: torch.Tensor,
        present: torch.Tensor,
    ) -> torch.Tensor:
        """Predict all slots that hold an observation; others are 0.

        Args:
            drug: Features of concentrations, shape (n_subjects, n_drug, n_features).
            marker: Features of the biomarker, shape (n_subjects, n_marker, n_features), without
                that of predicted concentrations.
            drug_at_marker: Features of concentrations at the times of the biomarker.
            treated: Whether a subject has doses, shape (n_subjects,), bool.
            present: Slots to predict, shape (n_subjects, n_drug + n_marker), bool.
        """
        of_drug, of_marker = present.split([drug.shape[1], marker.shape[1]], dim=1)
        drug_rows, marker_rows = drug[of_drug], marker[of_marker]
        if SHARED in self.encoders:
            found = self._together(drug_rows, marker_rows)
        elif self.cascade is None:
            found = self.predict(CONCENTRATION, drug_rows), self.predict(BIOMARKER, marker_rows)
        else:
            dosed = treated.unsqueeze(1).expand_as(of_marker)[of_marker]
            found = self._one_by_one(drug_rows, marker_rows, drug_at_marker[of_marker], dosed)
        slots = [
            values.new_zeros(places.shape).masked_scatter(places, values)
            for places, values in zip((of_drug, of_marker), found, strict=True)
        ]
        return torch.cat(slots, dim=1)

    def predict(self, endpoint: str, rows: torch.Tensor) -> torch.Tensor:
        """Return predictions of an endpoint by its own encoder, (n_rows,), of (n_rows, n)."""
        found: torch.Tensor = self.heads[endpoint](self.encoders[endpoint](rows))
        return found.squeeze(-1)

    def _together(
        self, drug: torch.Tensor, marker: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both endpoints by the encoder that they share; features that one lacks are 0."""
        width = max(drug.shape[1], marker.shape[1])
        rows = torch.cat([pad(each, (0, width - each.shape[1])) for each in (drug, marker)])
        hidden = self.encoders[SHARED](rows).split([len(drug), len(marker)])
        of_drug, of_marker = (
            self.heads[name](part).squeeze(-1) for name, part in zip(ENDPOINTS, hidden, strict=True)
        )
        return of_drug, of_marker

    def _one_by_one(
        self,
        drug: torch.Tensor,
        marker: torch.Tensor,
        drug_at_marker: torch.Tensor,
        dosed: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return both endpoints; the biomarker reads the concentrations that are predicted."""
        if self.zeros:
            of_drug, column = self.predict(CONCENTRATION, drug), marker.new_zeros(len(marker))
        else:
            of_drug, at_marker = self._concentrations(drug, drug_at_marker[dosed])
            column = self._column(at_marker, dosed)
        return of_drug, self.predict(BIOMARKER, torch.cat([marker, column.unsqueeze(1)], dim=1))

    def _concentrations(
        self, drug: torch.Tensor, at_marker: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return concentrations, and those at the times of the biomarker as they are in use."""
        if not self.training:  # a circuit is called once for all, and is asked nothing twice
            rows, place = torch.cat([drug, at_marker]).unique(dim=0, return_inverse=True)
            both = self.predict(CONCENTRATION, rows)[place]
            of_drug, found = both.split([len(drug), len(at_marker)])
            return of_drug, found
        with torch.no_grad(), _in_use(self):
            found = self.predict(CONCENTRATION, at_marker)
        return self.predict(CONCENTRATION, drug), found

    def _column(self, predicted: torch.Tensor, dosed: torch.Tensor) -> torch.Tensor:
        """Return the feature of predicted concentrations, shape (n_rows,)."""
        assert self.cascade is not None
        column = predicted.new_full(dosed.shape, self.cascade.untreated)
        return column.masked_scatter(dosed, self.cascade(predicted.detach()))

    def trace(self) -> Mapping[str, float]:
        """Return the means of learned a and r over layers."""
        traces = [
            trace_of(each)
            for each in self.modules()
            if each is not self and getattr(each, "learnable", False)
        ]
        return {
            name: sum(each[name] for each in traces) / len(traces)
            for name in (traces[0] if traces else ())
        }


@contextmanager
def _in_use(model: nn.Module) -> Iterator[None]:
    """Leave out, meanwhile, what is done in training only: dropout and the noise of routers."""
    model.eval()
    try:
        yield
    finally:
        model.train()
