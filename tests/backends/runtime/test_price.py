import pytest

from qkdrp.backends.runtime.price import VARIABLE, Price, PriceList
from qkdrp.common.errors import BackendError


@pytest.fixture(autouse=True)
def _no_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_no_price_is_built_in() -> None:
    assert PriceList.read().of_plan("open") is None


def test_one_price_serves_every_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    assert PriceList.read("1.5 EUR").of_plan("Flex") == Price(1.5, "EUR")
    monkeypatch.setenv(VARIABLE, "2 USD")
    assert PriceList.read().of_plan("flex") == Price(2, "USD")
    assert PriceList.read("1.5 EUR").of_plan("flex") == Price(1.5, "EUR")


def test_a_plan_has_its_own_price() -> None:
    prices = PriceList.read("flex=1 EUR, Pay-As-You-Go=2 Swiss francs,open=0 EUR")
    assert prices.of_plan("pay-as-you-go") == Price(2, "Swiss francs")
    assert prices.of_plan("Open") == Price(0, "EUR")
    assert prices.of_plan("premium") is None
    assert PriceList.read("flex=1 EUR, 3 EUR").of_plan("premium") == Price(3, "EUR")


def test_money_is_seconds_times_price() -> None:
    assert Price(1.5, "EUR").of(1234.5) == "1,851.75 EUR"
    assert str(Price(1.5, "EUR")) == "1.5 EUR"


@pytest.mark.parametrize(
    "text", ["cheap", "1", "EUR 1", "-1 EUR", "nan EUR", "inf EUR", "=1 EUR", "flex=EUR", "1,5 EUR"]
)
def test_what_is_no_price_is_named(text: str) -> None:
    with pytest.raises(BackendError, match="expected an amount and a currency"):
        PriceList.read(text)
