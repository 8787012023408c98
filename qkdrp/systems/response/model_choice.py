"""Recipe and circuit that a model configuration asks for; imports neither torch nor Qiskit."""

from dataclasses import replace

from qkdrp.circuits.families.reuploading.spec import PQCSpec
from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.nn.normalisation import find_normalisation
from qkdrp.systems.response.config import ModelConfig
from qkdrp.systems.response.models import MODELS, Recipe


def spec_of(config: ModelConfig) -> PQCSpec:
    """Return the specification of the circuit that a model configuration asks for."""
    return PQCSpec(
        config.n_qubits,
        config.n_encoding,
        config.n_variational,
        measurement=config.measurement,
        entangler=config.entangler,
        absorb_tail=config.absorb_tail,
        rotation=config.rotation,
    )


def recipe_of(config: ModelConfig) -> Recipe:
    """Return the recipe of a configuration, and check that its settings fit together.

    Raises:
        ConfigError: If the model or its normalisation is unknown, or has no a and r to learn.
        CircuitError: If a choice of the circuit is unknown.
    """
    if config.model not in MODELS:
        raise ConfigError(f"model = {config.model!r}: {choose_one_of(config.model, MODELS)}")
    recipe = MODELS[config.model]
    if config.normalisation is not None:
        recipe = replace(recipe, normalisation=config.normalisation)
    normalisation = find_normalisation(recipe.normalisation)
    if config.learn_a_r and not normalisation.scaled:
        own = config.normalisation is None
        what = f"model {config.model!r}" if own else f"normalisation {config.normalisation!r}"
        able = [
            name for name, each in MODELS.items() if find_normalisation(each.normalisation).scaled
        ]
        raise ConfigError(
            f"{what} has no a and r to learn: choose one of {', '.join(map(repr, able))}."
        )
    if recipe.quantum:
        spec_of(config)
    return recipe
