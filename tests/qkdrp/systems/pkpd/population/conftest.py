import numpy as np
import pytest

from qkdrp.systems.pkpd.data.simulate import simulated_trial
from qkdrp.systems.pkpd.data.trial import Trial
from qkdrp.systems.pkpd.mechanism import Structure
from qkdrp.systems.pkpd.population.fit import PopulationFit, fit_population
from qkdrp.systems.pkpd.population.material import Material

STRUCTURE = Structure(1, "III", 1)


@pytest.fixture(scope="session")
def small_trial() -> Trial:
    """Five subjects of each dose level of truth B."""
    trial = simulated_trial("truth-b", 3)
    levels = trial.dose_levels()
    chosen = np.concatenate([np.flatnonzero(levels == each)[:5] for each in np.unique(levels)])
    return trial.select(trial.ids[chosen])


@pytest.fixture(scope="session")
def material(small_trial: Trial) -> Material:
    return Material.of_trial(small_trial)


@pytest.fixture(scope="session")
def fit(material: Material) -> PopulationFit:
    return fit_population(material, STRUCTURE)
