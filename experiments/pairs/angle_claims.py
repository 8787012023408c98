"""Where the two papers meet: angles as they are, and r tanh(phi / a) over a."""

from collections.abc import Iterator, Sequence

from qkdrp.experiments.pairs.claims import Claim, verdict_on
from qkdrp.experiments.pairs.contenders import HYBRID
from qkdrp.experiments.pairs.differences import Difference, Tables, at
from qkdrp.experiments.pairs.questions import MSE
from qkdrp.experiments.pairs.setups import GIVEN, Place
from qkdrp.systems.pairs.length_scale import PUBLISHED_LAYER
from qkdrp.systems.pairs.spread import ANGLE_SD, BEYOND_PI


def angle_claims(tables: Tables, places: Sequence[Place]) -> Iterator[Claim]:
    """Yield what bounding the angles changes, for each a.

    Args:
        tables: Of the study.
        places: Where networks were compared.
    """
    for place in places:
        if place.data != GIVEN:
            continue
        rows = at(tables["trainings"], place)
        for row in rows.to_dict("records"):
            variant = str(row["model"])
            spread = (
                f"angles spread by {row[ANGLE_SD]:.3g} rad ({row[ANGLE_SD] / PUBLISHED_LAYER:.2g} "
                f"times the layer's length scale), {row[BEYOND_PI]:.1%} beyond pi"
            )
            found = Difference.of(tables, place, variant, HYBRID, MSE)
            if found is None:
                continue
            claim = f"{variant} is better than angles as they are"
            shown = f"MSE {found.left:.4g} against {found.right:.4g}, {found.relative()}; {spread}"
            yield Claim("ours", claim, place.title, f"{shown}; {found.tested()}", verdict_on(found))
