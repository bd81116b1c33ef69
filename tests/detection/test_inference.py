import tracemalloc
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from react_tad.data.annotations import Annotations, Video, read_annotations
from react_tad.data.datasets import Recording
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.windows import WindowIndex, make_windows
from react_tad.detection import inference
from react_tad.detection.inference import best_classes, detect, durations
from react_tad.files import write_json
from react_tad.params.inference import Inference
from react_tad.params.windows import Windows
from react_tad.training.batches import WindowSet
from small import CLASSES, PRESETS, WINDOWS, react, resolve, split, windows

CPU = torch.device("cpu")


class Oracle(torch.nn.Module):
    """A detector that always gives the same segments (center, width), with scores that depend on the features."""

    def __init__(self, segments, scores=(0.5, 0.1, 0.3)):
        super().__init__()
        self.segments = torch.tensor(segments, dtype=torch.float64)
        self.own_scores = torch.tensor(scores, dtype=torch.float64)

    def forward(self, features, lengths):
        batch, queries = len(features), len(self.segments)
        first = features[:, 0, 0].double().sigmoid()  # tells windows apart
        scores = first[:, None, None] * self.own_scores.expand(batch, queries, -1)
        segments = self.segments.expand(1, batch, -1, -1)
        return SimpleNamespace(scores=scores, decoded=SimpleNamespace(segments=segments))


class Double(torch.nn.Module):
    """A detector in double precision, that is given features in single."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, features, lengths):
        return self.model(features.double(), lengths)


def found(tiny, model, *, limits=None, **settings):
    how = Inference(**{"batch_size": 3} | settings).model_dump(exclude={"split"})
    limits = limits or durations(tiny / "annotations.json")
    return detect(model, windows(tiny, "test"), limits, **how, device=CPU, progress=False)


def test_time_is_each_videos_own(tiny):
    """Every window's share [0.25, 0.75], moved to seconds by hand; frame rates differ between the videos."""
    raw = found(tiny, Oracle([(0.5, 0.5)]))
    store, index = split(tiny, "test")
    assert len({store.info(video).seconds_per_snippet for video in store}) == len(store) == 3
    expected = []
    for window in index.windows:
        seconds = store.info(window.video).seconds_per_snippet  # snippet 0 covers [0, seconds]
        start, end = (window.first + share * window.length for share in (0.25, 0.75))
        expected.append((window.video, start * seconds, end * seconds))
    assert [raw.videos[number] for number in raw.video] == [video for video, _, _ in expected]
    np.testing.assert_allclose(raw.start, [start for _, start, _ in expected])
    np.testing.assert_allclose(raw.end, [end for _, _, end in expected])
    limits = read_annotations(tiny / "annotations.json").videos
    assert raw.durations.tolist() == [limits[video].duration for video in raw.videos]


def test_snippets_need_not_start_at_zero(tiny):
    """A first centre of 3 seconds moves everything by what it is more than half a snippet."""
    before = found(tiny, Oracle([(0.5, 0.5)]))
    made = windows(tiny, "test")
    ((store, _),) = made.splits
    store.videos = {name: replace(info, first_center_seconds=3.0) for name, info in store.videos.items()}
    limits = dict.fromkeys(store, 1000.0)
    after = detect(
        Oracle([(0.5, 0.5)]), made, limits, **Inference().model_dump(exclude={"split"}), device=CPU, progress=False
    )
    half = np.array([store.info(before.videos[number]).seconds_per_snippet / 2 for number in before.video])
    np.testing.assert_allclose(after.start - before.start, 3.0 - half)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 64])
def test_batches_do_not_mix_windows_up(tiny, batch_size):
    """The score tells which window it was."""
    raw = found(tiny, Oracle([(0.5, 0.2), (0.3, 0.1)]), batch_size=batch_size)
    store, index = split(tiny, "test")
    first = [store.slice(window.video, window.first, 1)[0, 0] for window in index.windows]
    expected = np.repeat(0.5 / (1 + np.exp(-np.array(first, float))), 2)
    np.testing.assert_allclose(raw.score, expected)
    assert [raw.videos[number] for number in raw.video] == [w.video for w in index.windows for _ in range(2)]


def test_segments_are_cut_to_the_video_and_empty_ones_dropped(tiny):
    limits = durations(tiny / "annotations.json")
    raw = found(tiny, Oracle([(0.0, 0.4), (1.0, 0.4), (0.5, 5.0), (0.5, 0.0), (-1.0, 0.2)]), limits=limits)
    ends = np.array([limits[raw.videos[number]] for number in raw.video])
    assert (raw.start >= 0).all()
    assert (raw.end <= ends).all()
    assert (raw.start < raw.end).all()
    first = raw.video == 1  # one window
    assert (raw.start[first] == 0).sum() == 2
    assert (raw.end[first] == ends[first]).sum() == 2
    assert first.sum() == 3, "no length, and wholly before the video"


@pytest.mark.parametrize(
    ("cut", "shares"),
    [
        ("video", [(-0.1, 0.3), (0.3, 0.5), (0.6, 1.2), (-1.0, 2.0), (1.25, 1.75)]),
        ("window", [(0.0, 0.3), (0.3, 0.5), (0.6, 1.0), (0.0, 1.0)]),
    ],
)
def test_segments_are_cut_to_their_window_if_asked(tiny, cut, shares):
    """A window of 8 to 24 in a video of 33 snippets; a segment wholly outside of what it is cut to is dropped."""
    made = windows(tiny, "test")
    made.examples = made.examples[1:2]
    ((_, window),), ((store, _),) = made.examples, made.splits
    info = store.info(window.video)
    assert (window.first, window.length, info.length) == (8, 16, 33)
    model = Oracle([(0.1, 0.4), (0.4, 0.2), (0.9, 0.6), (0.5, 3.0), (1.5, 0.5), (5.0, 0.5)])
    limits = durations(tiny / "annotations.json")
    raw = detect(model, made, limits, **Inference(cut=cut).model_dump(exclude={"split"}), device=CPU, progress=False)
    snippets = (8 + 16 * np.array(shares)).clip(0, 33)
    np.testing.assert_allclose(raw.start_end, snippets * info.seconds_per_snippet, atol=1e-12)


@pytest.mark.parametrize(("count", "labels"), [(1, [0]), (2, [0, 2]), (3, [0, 2, 1]), (10, [0, 2, 1])])
def test_the_best_classes_of_a_query_are_detections(tiny, count, labels):
    raw = found(tiny, Oracle([(0.5, 0.5), (0.3, 0.2)]), classes_per_query=count)
    queries = 2 * len(windows(tiny, "test"))
    assert raw.label.tolist() == labels * queries
    assert raw.classes == CLASSES
    scores = raw.score.reshape(queries, len(labels))
    np.testing.assert_allclose(scores / scores[:, :1], np.tile(np.array([0.5, 0.1, 0.3])[labels] / 0.5, (queries, 1)))


def test_scores_of_the_detector_have_its_quality_in_them(tiny):
    settings = resolve("paper").params.model
    model = react(settings).float()
    (batch,) = windows(tiny, "test").batches([0], 1)
    with torch.no_grad():
        output = model(batch.features, batch.lengths)
        scores, labels, _ = best_classes(output, 1)
        quality = output.quality[-1].sigmoid()  # of the last layer
        expected = output.decoded.logits[-1].sigmoid().max(dim=-1)
    np.testing.assert_allclose(scores[..., 0], expected.values * quality[..., 0] * quality[..., 1], rtol=1e-6)
    np.testing.assert_array_equal(labels[..., 0], expected.indices)


def test_scores_that_are_no_numbers_name_the_videos(tiny):
    with pytest.raises(FloatingPointError, match="not finite in windows of test_0"):
        found(tiny, Oracle([(0.5, 0.5)], scores=(np.nan, 0.1, 0.1)))


@pytest.mark.parametrize("preset", PRESETS)
def test_the_same_windows_give_the_same_detections_in_any_batch(tiny, preset):
    """Padding is part of the result of ``released``, so that it must not depend on the other windows."""
    model = react(resolve(preset).params.model).float()
    one, all_together = (found(tiny, model, batch_size=size) for size in (1, 64))
    assert len({window.length for _, window in windows(tiny, "test").examples}) > 1
    np.testing.assert_allclose(one.score, all_together.score, atol=1e-5)
    np.testing.assert_allclose(one.start, all_together.start, atol=1e-4)
    np.testing.assert_array_equal(one.video, all_together.video)


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """Recordings of several lengths, of one window and of many, with last windows that are shorter than nominal."""
    random = np.random.default_rng(2)
    recordings = [
        Recording(
            video=f"of_{length}",
            subset="test",
            duration=length * 0.5,
            instances=(),
            features=random.normal(size=(length, 96)),
            seconds_per_snippet=0.5,
            first_center_seconds=0.25,
        )
        for length in (5, 64, 70, 333, 1, 200)
    ]
    folder = tmp_path_factory.mktemp("several")
    manifest = write_features(folder, dataset="several", split="test", recordings=recordings, source={})
    videos = {each.video: Video(each.subset, each.duration, ()) for each in recordings}
    store = FeatureStore(manifest)
    annotations = Annotations(videos, CLASSES, "several")
    write_json(folder / "windows.json", make_windows(annotations, store, Windows(length=64, stride=16)))
    return store, WindowIndex.read(folder / "windows.json")


def of_videos(several, names):
    """The windows of some recordings."""
    store, index = several
    made = WindowSet([(store, index)])
    made.examples = [(0, window) for window in index.windows if window.video in names]
    return made


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("batch_size", [1, 4, 32])
def test_a_recording_alone_gives_the_bits_that_it_gives_among_others(several, preset, batch_size):
    store, _ = several
    sizes = {"model.dim": 64, "model.heads": 4, "model.ffn_dim": 96, "model.queries": 16}
    model = react(resolve(preset, sizes).params.model, dimension=96).float()
    how = Inference(batch_size=batch_size, classes_per_query=2).model_dump(exclude={"split"})
    limits = {video: store.info(video).length * 0.5 for video in store}
    among = detect(model, of_videos(several, store), limits, **how, device=CPU, progress=False)
    for number, video in enumerate(store):
        alone = detect(model, of_videos(several, [video]), limits, **how, device=CPU, progress=False)
        own = among.video == number
        assert own.any()
        for name in ("start", "end", "label", "score"):
            np.testing.assert_array_equal(getattr(alone, name), getattr(among, name)[own], strict=True)


@pytest.mark.parametrize("batch_size", [1, 4, 32])
def test_no_batch_holds_windows_of_two_recordings(several, batch_size):
    store, index = several
    made = of_videos(several, store)
    batches = list(made.batches(range(len(made)), batch_size, by_recording=True))
    assert all(len(set(batch.videos)) == 1 for batch in batches)
    assert [video for batch in batches for video in batch.videos] == [window.video for window in index.windows]
    count = {video: sum(window.video == video for window in index.windows) for video in store}
    assert len(batches) == sum(-(-windows // batch_size) for windows in count.values())


@pytest.mark.parametrize("preset", PRESETS)
def test_windows_are_padded_to_their_nominal_length(tiny, preset):
    """In double precision, against windows padded by hand, one by one."""
    settings = resolve(preset).params.model
    model = Double(react(settings))
    store, index = split(tiny, "test")
    scores = []
    for window in index.windows:
        features = torch.zeros(1, WINDOWS["length"], store.dimension)
        features[0, : window.length] = torch.tensor(store.slice(window.video, window.first, window.length))
        with torch.inference_mode():
            scores += model(features, torch.tensor([window.length])).scores[0].amax(-1).tolist()
    raw = found(tiny, model)
    np.testing.assert_allclose(raw.score, scores, rtol=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("padded_length", [0, 16, 17, 40])
def test_padding_means_nothing_to_exact_sampling(tiny, seed, padded_length):
    assert _difference(tiny, "paper", seed, padded_length) < 1e-12


def test_padding_means_something_to_released_sampling(tiny):
    """Else the tests above would show nothing."""
    assert _difference(tiny, "released", 0, 40) > 1e-3


def _difference(tiny, preset, seed, padded_length):
    """Largest between what is said of windows alone, unpadded, and of all together, padded; in double precision."""
    model = Double(react(resolve(preset).params.model, seed=seed))
    made = windows(tiny, "test")
    (together,) = said(model, made.batches(range(len(made)), len(made), padded_length=padded_length))
    alone = torch.cat(said(model, made.batches(range(len(made)), 1)))
    return (alone - together).abs().max().item()


@torch.inference_mode()
def said(model, batches):
    """Scores and segments of each batch, side by side ``[B, N, classes + 2]``."""
    outputs = [model(batch.features, batch.lengths) for batch in batches]
    return [torch.cat((output.scores, output.decoded.segments[-1]), dim=-1) for output in outputs]


def test_the_classes_of_a_query_are_not_in_memory_twice():
    windows, queries, classes = 50, 20, 100
    found = inference._Found(windows)
    random = np.random.default_rng(0)
    start_end = np.sort(random.random((windows, queries, 2)), -1)
    start_end[3, 4, 1] = start_end[3, 4, 0]
    label, score = random.integers(classes, size=(windows, queries, classes)), random.random((queries, classes))
    for number in range(windows):
        found.add(number, start_end[number], label[number], score)
    tracemalloc.start()
    columns = found.detections()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    count = (windows * queries - 1) * classes
    rows = [(window, query) for window in range(windows) for query in range(queries) if (window, query) != (3, 4)]
    expected = [(window, *start_end[window, query]) for window, query in rows for _ in range(classes)]
    np.testing.assert_array_equal(np.stack([columns[name] for name in ("video", "start", "end")], -1), expected)
    np.testing.assert_array_equal(columns["label"], np.concatenate([label[window, query] for window, query in rows]))
    np.testing.assert_array_equal(columns["score"], np.concatenate([score[query] for _, query in rows]))
    # Labels of 4 bytes and scores of 8 are copied, to leave one query out; nothing else of a detection is there twice.
    assert peak < (20 + 12 + 8) * count
