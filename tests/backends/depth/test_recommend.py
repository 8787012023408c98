from qkdrp.backends.depth.recommend import candidates
from qkdrp.backends.depth.variant import Change, Variant, changes, reductions
from qkdrp.circuits import PQCSpec

BASE = Variant(PQCSpec(4, 2, 2))


def test_candidates_come_in_the_order_of_their_price() -> None:
    found = candidates(BASE, "here", ["there"], lambda _device, _variant: ("line",))
    same = [all(step.same_values for step in each.steps) for each in found]
    assert same == sorted(same, reverse=True)
    assert [step.words for step in found[0].steps] == ["absorb the tail"]
    assert Change("device there", same_values=True) in found[3].steps
    words = [{step.words for step in each.steps} for each in found if len(each.steps) == 1]
    assert {"entangler linear"} in words
    assert {"1 variational layer instead of 2"} in words
    assert {"1 encoding layer instead of 2"} in words
    assert all(each.steps for each in found)


def test_changes_are_named_with_their_price() -> None:
    other = Variant(PQCSpec(4, 1, 2, entangler="brick", absorb_tail=True), fractional=True)
    assert [(step.words, step.same_values) for step in changes(BASE, other)] == [
        ("absorb the tail", True),
        ("fractional gates", True),
        ("entangler brick", False),
        ("1 encoding layer instead of 2", False),
    ]
    assert changes(BASE, BASE) == ()


def test_reductions_leave_the_circuit_as_it_is() -> None:
    found = reductions(BASE, ("line", "tee"))
    assert [each.form for each in found] == [
        "absorbed tail", "line network", "line with tail", "tee network", "tee with tail",
    ]  # fmt: skip
    assert {each.circuit for each in found} == {BASE.circuit}
