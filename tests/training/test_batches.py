import dataclasses

import numpy as np
import pytest
import torch

import plain.roi
from react_tad.training import batches
from react_tad.training.batches import WindowSet, one_ahead
from small import CLASSES, DIMENSION, WINDOWS, split, windows


def batch_of(made, *order):
    """One batch of the windows in ``order``."""
    (batch,) = made.batches(order, len(order))
    return batch


def test_a_batch_is_its_windows_padded_with_zeros(tiny):
    made = windows(tiny, "test")
    lengths = [window.length for _, window in made.examples]
    short, long = int(np.argmin(lengths)), int(np.argmax(lengths))
    batch = batch_of(made, short, long)
    assert batch.features.shape == (2, WINDOWS["length"], DIMENSION)
    assert batch.lengths.tolist() == [lengths[short], lengths[long]]
    assert lengths[short] < lengths[long], "there is padding to look at"
    for row, number in zip(batch.features.numpy(), (short, long), strict=True):
        window = made.examples[number][1]
        whole = split(tiny, "test")[0][window.video]
        np.testing.assert_array_equal(row[: window.length], whole[window.first : window.first + window.length])
        assert not row[window.length :].any()
    assert batch.videos == tuple(made.examples[number][1].video for number in (short, long))


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize(("padded_length", "total"), [(0, 10), (7, 10), (10, 10), (19, 19)])
def test_a_batch_can_be_padded_to_more_than_its_windows(tiny, padded_length, total, kept):
    """Two windows of at most 10 snippets; only the zeros after them differ."""
    made = windows(tiny, "test")
    if kept:
        made.keep_on(torch.device("cpu"))
    lengths = [window.length for _, window in made.examples]
    short = [number for number, length in enumerate(lengths) if length <= 10]
    assert max(lengths[number] for number in short) == 10
    expected = batch_of(made, *short)
    (batch,) = made.batches(short, len(short), padded_length=padded_length)
    assert batch.features.shape == (len(short), total, DIMENSION)
    assert torch.equal(batch.features[:, :10], expected.features)
    assert not batch.features[:, 10:].any()
    for one, other in zip(batch.tensors()[1:], expected.tensors()[1:], strict=True):
        assert torch.equal(one, other)


def test_the_nominal_length_is_that_of_the_parameters(tiny):
    made = windows(tiny, "validation")
    short = [(store, dataclasses.replace(index, windows=index.windows[-1:])) for store, index in made.splits]
    assert short[0][1].windows[0].length < WINDOWS["length"], "no window is as long"
    assert WindowSet(short).nominal_length == made.nominal_length == WINDOWS["length"]


def test_targets_are_shares_of_each_windows_own_length(tiny):
    made = windows(tiny, "test")
    batch = batch_of(made, *range(len(made)))
    position = 0
    for (_, window), count in zip(made.examples, batch.targets.counts, strict=True):
        assert count == len(window.labels)
        for (start, end), label in zip(window.segments, window.labels, strict=True):
            center, width = batch.targets.segments[position].tolist()
            assert (center - width / 2) * window.length == pytest.approx(start, abs=1e-5)
            assert (center + width / 2) * window.length == pytest.approx(end, abs=1e-5)
            assert batch.targets.labels[position] == label
            position += 1
    assert position == len(batch.targets.labels) > 0
    assert batch.targets.segments.dtype == torch.float32


def test_batches_keep_the_order_and_lose_nothing(tiny):
    made = windows(tiny, "training")
    order = np.random.default_rng(0).permutation(len(made)).tolist()
    batches = list(made.batches(order, 4))
    assert [len(batch.videos) for batch in batches] == [4] * (len(order) // 4) + [len(order) % 4] * (len(order) % 4 > 0)
    expected = [made.examples[number][1].video for number in order]
    assert [video for batch in batches for video in batch.videos] == expected


def test_an_instance_seen_in_two_windows_is_one(tiny):
    made = windows(tiny, "training")
    batch = batch_of(made, *range(len(made)))
    seen = {}
    for number, (_, window) in enumerate(made.examples):
        for segment, instance in zip(window.segments, window.instances, strict=True):
            seen.setdefault(int(instance), []).append((number, segment + window.first))
    assert max(map(len, seen.values())) > 1, "neighbouring windows share instances"
    assert batch.anchors.instances.identity.tolist() == [i for _, window in made.examples for i in window.instances]
    for identity in seen:
        rows = batch.anchors.instances.identity == identity
        assert len(set(batch.anchors.instances.video[rows])) == len(set(batch.anchors.instances.label[rows])) == 1


def test_splits_together_share_no_video_and_no_instance(tiny):
    made = windows(tiny, "training", "validation")
    batch = batch_of(made, *range(len(made)))
    video_of = dict(zip(batch.anchors.instances.identity.tolist(), batch.anchors.instances.video.tolist(), strict=True))
    names = np.repeat(batch.videos, batch.targets.counts)
    for identity, video in video_of.items():
        assert len(set(names[batch.anchors.instances.identity == identity])) == 1
        assert len(set(names[batch.anchors.instances.video == video])) == 1
    assert {name.split("_")[0] for name in names} == {"training", "validation"}
    bank = made.instance_bank(bins=4).instances
    assert set(video_of) <= set(bank.identity.tolist())
    for identity, video in video_of.items():
        assert bank.video[bank.identity == identity].tolist() == [video]


def test_windows_without_an_instance_can_be_left_out(tiny):
    store, index = split(tiny, "test")
    nothing = {"segments": np.zeros((0, 2)), "labels": np.zeros(0, int), "instances": np.zeros(0, int)}
    empty = dataclasses.replace(index.windows[0], **nothing)
    index = dataclasses.replace(index, windows=[empty, *index.windows[1:]])
    assert len(WindowSet([(store, index)])) == len(index)
    assert len(WindowSet([(store, index)], with_instances_only=True)) == sum(len(w.labels) > 0 for w in index.windows)
    batch = batch_of(WindowSet([(store, index)]), 0)
    assert batch.targets.counts == (0,)
    assert batch.targets.segments.shape == (0, 2)


def test_the_bank_has_every_instance_pooled_over_its_whole_video(tiny):
    store, index = split(tiny, "training")
    bank = windows(tiny, "training").instance_bank(bins=4)
    assert bank.features.shape == (len(index.instances), DIMENSION)
    for row, identity in enumerate(bank.instances.identity):
        instance = index.instances[identity]
        expected = plain.roi.pool(store[instance.video].astype(float), *instance.segment, 4)
        np.testing.assert_allclose(bank.features[row], expected, atol=1e-5)
        assert bank.instances.label[row] == instance.label
    assert bank.to(torch.device("cpu")).features.shape == bank.features.shape


@pytest.mark.parametrize("kept", [False, True])
def test_the_bank_of_windows_has_every_instance_of_each_cut_to_it(tiny, kept):
    """Pooled over the window with the padding to its nominal length; an instance in two windows is there twice."""
    made = windows(tiny, "training", "validation")
    if kept:
        made.keep_on(torch.device("cpu"))
    bank, row = made.window_bank(bins=4), 0
    for number in range(len(made)):
        part, window, features = made[number]
        padded = np.zeros((WINDOWS["length"], DIMENSION))
        padded[: window.length] = features
        first = made._first_instance[part]
        for segment, label, instance in zip(window.segments, window.labels, window.instances, strict=True):
            expected = plain.roi.released_pool(padded, *segment, 4)
            np.testing.assert_allclose(bank.features[row], expected, atol=1e-5)
            who = bank.instances.video[row], bank.instances.label[row], bank.instances.identity[row]
            assert who == (number, label, first + instance)
            row += 1
    assert len(bank.features) == len(bank.instances.label) == row
    assert len(set(bank.instances.identity.tolist())) < row, "neighbouring windows share instances"
    assert min(window.length for _, window in made.examples) < WINDOWS["length"], "there is padding"


def test_features_of_another_dimension_are_refused(tiny):
    one, (store, index) = split(tiny, "training"), split(tiny, "validation")
    store.dimension = 7
    with pytest.raises(ValueError, match=r"validation\.json: features have dimension 7, .*training\.json 6"):
        WindowSet([one, (store, index)])


def test_windows_of_other_classes_are_refused(tiny):
    one, (store, index) = split(tiny, "training"), split(tiny, "validation")
    index = dataclasses.replace(index, classes=CLASSES[:2])
    with pytest.raises(ValueError, match="windows of validation and training differ in their classes"):
        WindowSet([one, (store, index)])


def tensors_of(made, order, size):
    return [batch.tensors() for batch in made.batches(order, size)]


@pytest.mark.parametrize("names", [("test",), ("training", "validation")])
def test_features_that_are_kept_give_the_same_batches(tiny, names):
    """Padding, the order of splits and videos, a smaller last batch."""
    made, kept = windows(tiny, *names), windows(tiny, *names)
    kept.keep_on(torch.device("cpu"))
    order = np.random.default_rng(1).permutation(len(made)).tolist()
    for expected, found in zip(tensors_of(made, order, 3), tensors_of(kept, order, 3), strict=True):
        assert all(torch.equal(*pair) for pair in zip(expected, found, strict=True))


def test_features_that_are_kept_are_not_read_again(tiny):
    made = windows(tiny, "test")
    expected = batch_of(made, 0, 1).features
    made.keep_on(torch.device("cpu"))
    ((store, _),) = made.splits
    store._array = np.full_like(store._array, np.nan)
    assert torch.equal(batch_of(made, 0, 1).features, expected)


def test_other_processes_make_the_same_batches(tiny):
    """What reads for a GPU: order, content and the random numbers that are left are those of one process."""
    made = windows(tiny, "training")
    order = list(range(len(made)))[::-1]
    torch.manual_seed(3)
    expected = tensors_of(made, order, 3)
    state = torch.random.get_rng_state()
    torch.manual_seed(3)
    loader = torch.utils.data.DataLoader(
        made,
        batch_sampler=[order[first : first + 3] for first in range(0, len(order), 3)],
        collate_fn=made._collate,
        num_workers=batches.WORKERS,
        multiprocessing_context="fork",
    )
    found = [batch.tensors() for batch in one_ahead(loader, torch.device("cpu"))]
    assert torch.equal(torch.random.get_rng_state(), state)
    assert len(found) == len(expected)
    for pair in zip(expected, found, strict=True):
        assert all(torch.equal(*each) for each in zip(*pair, strict=True))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kept", [False, True])
def test_a_gpu_gets_the_same_batches(tiny, kept):
    made, cuda = windows(tiny, "training"), torch.device("cuda")
    order = list(range(len(made)))
    expected = tensors_of(made, order, 3)
    if kept:
        made.keep_on(cuda)
    for tensors, batch in zip(expected, made.batches(order, 3, device=cuda), strict=True):
        assert all(torch.equal(one, other.cpu()) for one, other in zip(tensors, batch.tensors(), strict=True))
