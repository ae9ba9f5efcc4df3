import pytest

from channels.message import DeliveryFailed
from channels.rates import Rates
from channels.whatsapp.rates import whatsapp_rates


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _wait_s(rates: Rates, address: str) -> float:
    with pytest.raises(DeliveryFailed) as refusal:
        rates.spend(address)
    assert not refusal.value.counts
    return round(refusal.value.retry_after_s, 3)


def test_a_burst_to_one_customer_is_paid_back_every_six_seconds() -> None:
    clock = Clock()
    rates = whatsapp_rates(1000, clock)
    for _ in range(45):
        rates.spend("budi")

    assert _wait_s(rates, "budi") == 6.0
    rates.spend("siti")
    clock.now = 6.0
    rates.spend("budi")
    assert _wait_s(rates, "budi") == 6.0


def test_a_number_sends_so_many_a_second() -> None:
    clock = Clock()
    rates = whatsapp_rates(20, clock)
    for n in range(20):
        rates.spend(f"customer {n}")

    assert _wait_s(rates, "one more") == 0.05
    clock.now = 1.0
    for n in range(20):
        rates.spend(f"customer {n}")


def test_who_was_not_written_to_for_long_is_forgotten() -> None:
    clock = Clock()
    rates = whatsapp_rates(1000, clock)
    for n in range(100):
        rates.spend(f"customer {n}")
    clock.now = 601.0
    rates.spend("budi")

    assert list(rates._each) == ["budi"]
