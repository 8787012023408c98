"""What belongs to a cost beyond the device: price, and what is left of the account's time."""

from dataclasses import dataclass, field, replace

from qkdrp.backends.runtime.clients import Device
from qkdrp.backends.runtime.cost import RuntimeCost
from qkdrp.backends.runtime.ledger import Ledger
from qkdrp.backends.runtime.price import PriceList
from qkdrp.backends.runtime.quota import ask_quota


@dataclass(frozen=True)
class CostTerms:
    """Terms on which seconds of a device are paid for.

    Args:
        prices: Of a second.
        ledger: Where submitted jobs are noted down; None to leave them out of what is used.
    """

    prices: PriceList = field(default_factory=PriceList)
    ledger: Ledger | None = None

    def of(self, cost: RuntimeCost, device: Device) -> RuntimeCost:
        """Return a cost with its price and, for a real device, with what is left."""
        quota = None
        if device.service is not None:
            quota = ask_quota(device.service, device.instance, self.ledger)
        return replace(cost, price=self.prices.of_plan(device.plan), quota=quota)
