"""The circuit of quantum layers, in networks and in grey boxes."""

from qkdrp.circuits import PQC, build_pqc
from qkdrp.circuits.families.pnu.spec import PnuSpec
from qkdrp.systems.pkpd.model_settings import ModelConfig


def pqc_of(config: ModelConfig) -> PQC:
    """Return the circuit of each quantum layer of a model, of the family of Team PNU."""
    spec = PnuSpec(config.n_qubits, config.n_layers, absorb_tail=config.absorb_tail)
    return build_pqc(spec)
