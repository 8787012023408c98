"""``qkdrp experiment``: a command for each study, and ``plan`` for what each would cost."""

import typer

from qkdrp.experiments.external import command as external
from qkdrp.experiments.ito import command as ito
from qkdrp.experiments.noise import command as noise
from qkdrp.experiments.pairs import command as pairs
from qkdrp.experiments.pkpd import dose_command as pkpd_doses
from qkdrp.experiments.pkpd import recovery_command as pkpd_recovery
from qkdrp.experiments.pkpd.cv import command as pkpd_cv
from qkdrp.experiments.pkpd.networks import command as pkpd_networks
from qkdrp.experiments.pkpd.noise import command as pkpd_noise

app = typer.Typer(help="Studies: the paper's protocol, tables and figures.", no_args_is_help=True)
plans = typer.Typer(help="Show what a study would train, and for how long; runs nothing of it.")
app.add_typer(plans, name="plan")

for room in (
    ito, noise, external, pairs, pkpd_cv, pkpd_networks, pkpd_noise, pkpd_recovery,
):  # fmt: skip
    room.register(app, plans)
pkpd_doses.register(app)
