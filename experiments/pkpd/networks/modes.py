"""Errors by encoder and mode, beside the published ones."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from qkdrp.experiments.pkpd.networks.parts import ENCODERS, MODES, in_mode
from qkdrp.experiments.pkpd.networks.published import published
from qkdrp.experiments.pkpd.networks.results import Results
from qkdrp.experiments.pkpd.networks.words import against

PUBLISHED_BEST = ("resmlp_moe", "cascade")
"""Encoder and mode of the smallest published error."""


def modes_frame(results: Results) -> pd.DataFrame:
    """Return one row for each encoder and mode that has all folds.

    Args:
        results: Of the study.
    """
    table = published("modes").set_index("encoder")
    known = {str(name).casefold(): row for name, row in table.iterrows()}
    rows = []
    for encoder in ENCODERS:
        for mode in MODES:
            name = in_mode(encoder, mode)
            if results.has(name):
                rows.append(
                    {
                        "encoder": encoder,
                        "mode": mode,
                        "pk": results.error(name, "PK"),
                        "pd": results.error(name),
                        "pd_text": results.error_text(name),
                        "published": float(known[encoder][mode]) if encoder in known else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def modes_sentences(modes: pd.DataFrame, results: Results) -> Iterator[str]:
    """Yield whether cascade, residual blocks and experts together are best.

    Args:
        modes: As :func:`modes_frame` returns it.
        results: Of the study.
    """
    if not len(modes):
        return
    best = modes.sort_values("pd", kind="stable").iloc[0]
    claimed, found = in_mode(*PUBLISHED_BEST), in_mode(str(best["encoder"]), str(best["mode"]))
    if not results.has(claimed):
        return
    rank = int((modes["pd"] < results.error(claimed)).sum()) + 1
    if found == claimed:
        yield (
            f"Cascade, residual blocks and experts together have the smallest PD RMSE of "
            f"{len(modes)} encoders and modes ({best['pd']:.3f}), as published."
        )
    else:
        yield (
            f"Cascade, residual blocks and experts together are not best: they rank {rank} of "
            f"{len(modes)} encoders and modes. " + against(results, claimed, found)
        )
    for encoder in ENCODERS:
        names = in_mode(encoder, "cascade"), in_mode(encoder, "independent")
        if all(map(results.has, names)):
            yield f"Cascade, with predicted concentrations: {against(results, *names)}"
