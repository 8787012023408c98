"""Recipe and circuit that a model configuration asks for; imports neither torch nor Qiskit."""

from dataclasses import replace

from qkdrp.circuits.families.reuploading.spec import PQCSpec
from qkdrp.common.errors import ConfigError
from qkdrp.common.names import choose_one_of
from qkdrp.nn.cores import Core
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


def _has_circuit(recipe: Recipe) -> bool:
    """Tell whether a recipe is one of a trained circuit."""
    return recipe.core is Core.QUANTUM


def _with_core(recipe: Recipe, model: str, core: Core) -> Recipe:
    """Return a recipe with something else in its circuit's place; refuse one without a circuit."""
    if not _has_circuit(recipe):
        able = ", ".join(name for name, each in MODELS.items() if _has_circuit(each))
        raise ConfigError(
            f"core = {str(core)!r}: model {model!r} has no trained circuit in whose place "
            f"something may stand; choose one of {able}."
        )
    return replace(recipe, core=core)


def recipe_of(config: ModelConfig) -> Recipe:
    """Return the recipe of a configuration, and check that its settings fit together.

    Raises:
        ConfigError: If the model or its normalisation is unknown, or has no a and r to learn, or
            if a core is asked for in a model that has no circuit.
        CircuitError: If a choice of the circuit is unknown.
    """
    if config.model not in MODELS:
        raise ConfigError(f"model = {config.model!r}: {choose_one_of(config.model, MODELS)}")
    recipe = MODELS[config.model]
    if config.normalisation is not None:
        recipe = replace(recipe, normalisation=config.normalisation)
    if config.core is not None:
        recipe = _with_core(recipe, config.model, config.core)
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
