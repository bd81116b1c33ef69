from itertools import pairwise

import numpy as np
import pytest

from react_tad.data.annotations import read_annotations
from react_tad.data.datasets import toy as generator
from react_tad.data.datasets import toy_hard
from react_tad.data.features import FeatureStore


@pytest.fixture(scope="module")
def prepared():
    options = generator.Options(training=60, validation=9, test=9)
    return generator.prepare(None, options).recordings


def test_files_are_the_same_bytes_every_time(toy, make_toy, tmp_path):
    make_toy(tmp_path)
    files = sorted(path.relative_to(toy) for path in toy.rglob("*") if path.is_file())
    assert len(files) == 11
    for name in files:
        assert (toy / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_another_seed_gives_other_recordings():
    one, other = (
        generator.prepare(None, generator.Options(training=1, validation=1, test=1, seed=seed)).recordings[0]
        for seed in (0, 1)
    )
    assert one.instances != other.instances


def test_a_smaller_data_set_is_a_part_of_a_larger_one(prepared):
    smaller = generator.prepare(None, generator.Options(training=3, validation=1, test=1)).recordings
    for small, large in zip(smaller[:3], prepared[:3], strict=True):
        assert small.instances == large.instances
        np.testing.assert_array_equal(small.features, large.features)


def test_the_hard_one_has_the_same_actions_in_more_features(prepared):
    hard = toy_hard.prepare(None, toy_hard.Options(training=3, validation=1, test=1)).recordings
    for wide, narrow in zip(hard[:3], prepared[:3], strict=True):
        assert wide.instances == narrow.instances
        assert (wide.features.shape, narrow.features.shape[1]) == ((len(narrow.features), 384), 48)


def test_splits_share_no_recording(prepared):
    starts = {recording.instances[0] for recording in prepared}
    assert len(starts) == len(prepared)


def test_sizes_and_units(toy):
    for split, count in (("training", 6), ("validation", 4), ("test", 4)):
        store = FeatureStore(toy / "features" / f"{split}.json")
        assert (len(store), store.dimension) == (count, 48)
        lengths = {store.info(video).length for video in store}
        assert min(lengths) < 64 < max(lengths), "one recording is shorter than a window"
        info = store.info(next(iter(store)))
        assert (info.seconds_per_snippet, info.first_center_seconds) == (0.4, 0.2)
        video = read_annotations(toy / "annotations.json").videos[info.video]
        assert video.duration == pytest.approx(info.length * 0.4)
    assert len(read_annotations(toy / "annotations.json").classes) == 8


def test_actions_are_as_long_as_documented_and_inside_their_recording(prepared):
    for recording in prepared:
        for label, start, end in recording.instances:
            assert label in generator.CLASSES
            assert 0 < start < end <= recording.duration
            assert 3 * 0.4 <= end - start <= 36 * 0.4 + 0.01


def test_most_actions_are_of_the_dominant_class(prepared):
    shares = []
    for number, recording in enumerate(prepared[:60]):
        dominant = generator.CLASSES[number % 8]
        shares += [label == dominant for label, _, _ in recording.instances]
    # 80 % of the actions that are not nested; those are of another pair.
    assert 0.65 < np.mean(shares) < 0.85


def test_some_actions_are_nested_and_of_another_pair(prepared):
    nested = 0
    for recording in prepared:
        for outer, inner in pairwise(recording.instances):
            if inner.end <= outer.end:
                nested += 1
                assert outer.label.split("_")[0] != inner.label.split("_")[0]
    total = sum(len(recording.instances) for recording in prepared)
    assert 0.02 < nested / total < 0.15


def shown(label, **changes):
    """Latent sequence of one action of class ``label`` in [10, 30], without style."""
    options = generator.Options(style=0.0, **changes)
    world = generator.make_world(options)
    random = np.random.default_rng(3)
    return world, generator._render(random, world, options, generator.Action(label, 10.0, 30.0), 40)


def test_twins_differ_by_the_sign_of_their_key_phase_alone():
    world, down = shown(0, key_phase=1.0, key_phase_missing=0.0)
    _, up = shown(1, key_phase=1.0, key_phase_missing=0.0)
    difference = up - down
    np.testing.assert_allclose(difference, np.outer(difference @ world.key[0], world.key[0]), atol=1e-12)
    assert (difference @ world.key[0]).max() == pytest.approx(2, abs=0.1)
    assert ((difference @ world.key[0]) > 1).sum() == pytest.approx(0.35 * 20, abs=1)


def test_twins_are_the_same_where_the_key_phase_is_missing():
    np.testing.assert_array_equal(shown(0, key_phase_missing=1.0)[1], shown(1, key_phase_missing=1.0)[1])


def test_pairs_and_phases_are_told_apart_by_directions_of_their_own():
    world, climb = shown(0)
    assert climb[20] @ world.prototype[0] == pytest.approx(1, abs=0.01)
    assert climb[20] @ world.prototype[1] == pytest.approx(0, abs=0.01)
    assert (climb @ world.start).argmax() in range(10, 15)
    assert (climb @ world.end).argmax() in range(25, 30)
    assert np.abs(climb[:6]).max() < 0.01


def test_a_fragment_shows_only_its_part():
    options = generator.Options(style=0.0)
    world = generator.make_world(options)
    action = generator.Action(0, 10.0, 30.0)
    drawn = generator._render(np.random.default_rng(0), world, options, action, 40, visible=(24.0, 30.0))
    assert np.abs(drawn[:18]).max() < 0.01
    assert drawn[27] @ world.end == pytest.approx(1, abs=0.2)


def test_noise_has_the_documented_size_and_memory():
    options = generator.Options(noise=0.5, noise_memory=0.6)
    noise = generator._noise(np.random.default_rng(0), options, 4000)
    assert noise.std() == pytest.approx(0.5, rel=0.02)
    assert noise[0].std() == pytest.approx(0.5, rel=0.3), "from the first snippet on"
    correlation = (noise[1:] * noise[:-1]).mean() / noise.var()
    assert correlation == pytest.approx(0.6, abs=0.02)


def test_features_lie_on_a_coarse_grid(prepared):
    scaled = prepared[0].features.astype(np.float64) * 4096
    np.testing.assert_array_equal(scaled, np.round(scaled))
