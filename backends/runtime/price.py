"""Prices of a second of the device, as the user gives them: one for all plans, or one for each."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from qkdrp.common.errors import BackendError

VARIABLE = "QKDRP_QPU_PRICE"
"""Where prices are read from if none are given; nobody has to give them with every command."""

ANY_PLAN = ""
"""Key of the price of every plan that has none of its own."""


@dataclass(frozen=True)
class Price:
    """What one second of the device costs.

    Args:
        amount: Of money.
        currency: As the user writes it.
    """

    amount: float
    currency: str

    def of(self, seconds: float) -> str:
        """Return what some seconds cost, in words."""
        return f"{self.amount * seconds:,.2f} {self.currency}"

    def __str__(self) -> str:
        """Return the price as the user writes it."""
        return f"{self.amount:g} {self.currency}"


@dataclass(frozen=True)
class PriceList:
    """Prices by plan. No price is built in: they differ by contract and change.

    Args:
        by_plan: Prices by the plan's name in small letters; that of :data:`ANY_PLAN` serves all
            others.
    """

    by_plan: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str = "") -> Self:
        """Return the prices that a text gives, or else the environment.

        Args:
            text: An amount and a currency, ``"1 EUR"``, or a list of them by plan,
                ``"flex=1 EUR, premium=2 EUR"``; that of :data:`VARIABLE` where it is empty.

        Raises:
            BackendError: If it is neither.
        """
        entries = [each.strip() for each in (text or os.environ.get(VARIABLE, "")).split(",")]
        return cls(dict(_entry(each) for each in entries if each))

    def of_plan(self, plan: str) -> Price | None:
        """Return the price of a plan; None where there is none."""
        return self.by_plan.get(plan.lower(), self.by_plan.get(ANY_PLAN))


def _entry(text: str) -> tuple[str, Price]:
    plan, equals, price = text.rpartition("=")
    number, _, currency = price.strip().partition(" ")
    try:
        amount = float(number)
    except ValueError:
        amount = math.nan
    known = math.isfinite(amount) and amount >= 0 and currency.strip()
    if not known or (equals and not plan.strip()):
        raise BackendError(
            f"price = {text!r}: expected an amount and a currency for each second of the device, "
            "such as '1 EUR', or a list by plan, such as 'flex=1 EUR, premium=2 EUR'."
        )
    return plan.strip().lower(), Price(amount, currency.strip())
