from qkdrp.experiments.pkpd.cv.circuit_comparisons import comparison_table, comparisons, summary
from qkdrp.experiments.pkpd.cv.contenders import DOSE_TIME_MEAN, MECHANISTIC, Variant
from qkdrp.experiments.pkpd.cv.differences import differences_frame
from qkdrp.experiments.pkpd.cv.scores import scores_frame
from qkdrp.experiments.pkpd.cv.standing import standing_table
from tests.experiments.pkpd.cv.test_differences import made

LEVEL = ("resqnn_moe-frozen", "resqnn_moe-lowrank")


def test_every_twin_is_told_with_what_could_have_been_seen() -> None:
    names = ("resqnn_moe", "resqnn_moe-qexperts", *LEVEL)
    found = {Variant(name): made(0.1, seed, n_seeds=3) for seed, name in enumerate(names)}
    found[Variant("resmlp_moe")] = made(0.1, 9, more=0.15)
    compared = comparisons(differences_frame(found))
    # Circuits in experts have no twin here but the classical network.
    assert len(compared) == 2 * (3 + 1)
    for each in compared:
        assert each.found.n_subjects == 36
        better = each.right.name == "resmlp_moe"
        assert ("makes it better" in each.sentence()) == better, each.sentence()
        assert ("level within" in each.sentence()) != better, each.sentence()
        assert "smallest difference that 36 subjects would have shown" in each.sentence()
    (line,) = summary(compared)
    assert line.startswith("Circuits against twins without trained circuits, 8 comparisons")
    assert "better in 4" in line
    assert len(comparison_table(compared)) == 8


def test_every_model_stands_against_the_mean_and_the_mechanism() -> None:
    found = {
        Variant(MECHANISTIC): made(0.1, 1),
        Variant("resqnn_moe"): made(0.1, 2, more=0.3),
        Variant(DOSE_TIME_MEAN): made(0.1, 3, more=0.15),
    }
    table = standing_table(scores_frame(found), differences_frame(found)).set_index("model")
    row = table.loc["ResQNN-MoE"]
    assert row["PD, against the mean of dose and time"].startswith("worse: +")
    assert row["PK, against the mechanistic model"].startswith("worse: +")
    better = table.loc["Mechanistic", "PD, against the mean of dose and time"]
    assert better.startswith("better: -")
    assert not table.loc["Mechanistic", "PD, against the mechanistic model"]
