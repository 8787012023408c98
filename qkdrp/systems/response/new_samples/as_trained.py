"""New samples as a run was trained on them: genes by its names, and kinds where it needs them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qkdrp.common.errors import DataError
from qkdrp.systems.response.config import DataConfig
from qkdrp.systems.response.data.annotations import sample_column
from qkdrp.systems.response.data.gene_names import named_by_map
from qkdrp.systems.response.new_samples.samples import Samples


def as_trained(samples: Samples, data: DataConfig) -> Samples:
    """Return samples with what the settings of a run ask to be told of them.

    Genes get the names of the run's map, those that it holds; a map that is gone is not asked for,
    since the samples may have these names already.

    Args:
        samples: The samples.
        data: The section ``data`` that the run was trained with.

    Raises:
        DataError: If the run leaves the means of kinds out and samples have none, or the map cannot
            be read.
    """
    path = None if data.gene_map is None else Path(data.gene_map)
    if path is not None and path.is_file():
        genes, values = named_by_map(samples.genes, samples.expression, path)
        told = f"{samples.provenance}, genes named by {path.name}"
        samples = replace(samples, genes=genes, expression=values, provenance=told)
    if data.residual_by is None or samples.kinds is not None:
        return samples
    return replace(samples, kinds=_kinds(samples, data.residual_by))


def _kinds(samples: Samples, column: str) -> NDArray[np.str_]:
    """Return the kind of each sample, from the table beside the expression."""
    if samples.folder is None:
        raise DataError(
            f"{samples.provenance}: the run learned what is left without the mean of each "
            f"{column}: put the table in a folder with a samples table (sample,{column}) "
            "and give the folder."
        )
    return sample_column(samples.samples, samples.folder, column, "the new data")
