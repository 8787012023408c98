from qkdrp.common.seeds import derive_seed


def test_the_same_purpose_gives_the_same_seed() -> None:
    assert derive_seed(3, "weights") == derive_seed(3, "weights")


def test_purposes_and_seeds_tell_apart() -> None:
    seeds = {derive_seed(seed, name) for seed in range(50) for name in ("weights", "split", "x")}
    assert len(seeds) == 150
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_the_numbers_stay_from_version_to_version() -> None:
    # Published runs name their seed; another derivation would silently change them.
    assert derive_seed(0, "split") == 3770521055
