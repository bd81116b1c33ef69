"""Detections of the released code: from what a network says of windows, and from features by the network itself.

``post.npz`` has two runs. In ``made_up`` the logits, qualities and segments of 13 windows of 3 videos are made up; in
``model`` the network of ``arrays.py`` reads the features of 2 videos. Ours start from features in files, in single
precision as always: those of ``model`` are exact in it, those of ``made_up`` are the snippet's number, by which the
stand-in for the network knows the window. Detections are double precision in any case, the network in both.
"""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from react_tad.data.annotations import Annotations, Video
from react_tad.data.datasets import Recording
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.windows import WindowIndex, make_windows
from react_tad.detection.inference import detect
from react_tad.detection.soft_nms import suppress
from react_tad.files import write_json
from react_tad.model.react import Output
from react_tad.params.soft_nms import SoftNms
from react_tad.training.batches import WindowSet
from released.arrays import CLASSES, HERE, arrays, network, settings, tolerance

CPU = torch.device("cpu")
POST = arrays("post.npz")
ABOUT = json.loads((HERE / "post.json").read_text())
CASES = ("made_up", "model")
by_case = pytest.mark.parametrize("case", CASES)


class MadeUp(torch.nn.Module):
    """Says of each window what the arrays say; a window is known by its first snippet, counted over all videos."""

    def forward(self, features, lengths):
        offset = np.cumsum([0, *POST["made_up.snippets"]])
        first = (offset[POST["made_up.window.video"]] + POST["made_up.window.start"]).tolist()
        row = [first.index(int(number)) for number in features[:, 0, 0]]
        assert lengths.tolist() == POST["made_up.window.length"][row].tolist()
        logits, quality, segments = (
            torch.from_numpy(POST[f"made_up.{name}"][row]).unsqueeze(0) for name in ("logits", "quality", "segments")
        )
        return Output(SimpleNamespace(logits=logits, segments=segments), quality, None, None, [], lengths)


class Network(torch.nn.Module):
    """The network; features come in single precision."""

    def __init__(self, precision):
        super().__init__()
        self.network, self.precision = network(precision), precision

    def forward(self, features, lengths):
        return self.network(features.to(self.precision), lengths)


def features(case):
    if case == "model":
        return POST["model.features"]
    return np.arange(POST["made_up.snippets"].sum(), dtype=float)[:, None]


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    """The windows of each case, cut by our own code from features in files."""
    return {case: _windows(case, tmp_path_factory.mktemp(case)) for case in CASES}


def _windows(case, folder):
    step = ABOUT[case]["frames_a_snippet"] / ABOUT[case]["fps"]
    counts = POST[f"{case}.snippets"]
    recordings = [
        Recording(
            video=f"video {number}",
            subset="test",
            duration=float(duration),
            instances=(),
            features=own,
            seconds_per_snippet=step,
            first_center_seconds=step / 2,
        )
        for number, (duration, own) in enumerate(
            zip(POST[f"{case}.duration"], np.split(features(case), counts.cumsum()[:-1]), strict=True)
        )
    ]
    store = FeatureStore(write_features(folder, dataset="tiny", split="test", recordings=recordings, source={}))
    videos = {each.video: Video("test", each.duration, ()) for each in recordings}
    classes = tuple(map(str, range(POST[f"{case}.scores"].shape[-1])))
    write_json(folder / "windows.json", make_windows(Annotations(videos, classes, "a"), store, settings().windows))
    return WindowSet([(store, WindowIndex.read(folder / "windows.json"))])


def merged(case, windows, precision=torch.float64, **options):
    """Our raw detections, in batches of three windows, not all of which have a short one."""
    model = MadeUp() if case == "made_up" else Network(precision)
    durations = {f"video {number}": float(each) for number, each in enumerate(POST[f"{case}.duration"])}
    how = settings().inference.model_dump(exclude={"split"}) | {"batch_size": 3} | options
    return detect(model, windows[case], durations, **how, device=CPU, progress=False)


def table(video, start_end, label, score):
    """Rows video, label, score, start, end, sorted."""
    rows = np.column_stack((video, label, score, start_end))
    return rows[np.lexsort(rows.T[::-1])]


def differences(ours, key):
    """Largest differences of scores and of seconds; videos and labels are the same."""
    theirs = table(*(POST[f"{key}.{name}"] for name in ("video", "seconds", "label", "score")))
    own = table(ours.video, ours.start_end, ours.label, ours.score)
    assert own.shape == theirs.shape
    np.testing.assert_array_equal(own[:, :2], theirs[:, :2])
    difference = abs(own - theirs)
    return difference[:, 2].max(), difference[:, 3:].max()


@by_case
def test_windows(windows, case):
    index = windows[case].splits[0][1]
    assert (index.params.length, index.params.stride) == (ABOUT["window"], ABOUT["stride"])
    ours = [(int(window.video.split()[1]), window.first, window.length) for window in index.windows]
    theirs = zip(*(POST[f"{case}.window.{name}"].tolist() for name in ("video", "start", "length")), strict=True)
    assert ours == list(theirs)


@pytest.mark.parametrize("size", [1, 3, 64])
def test_what_the_network_says_of_windows(windows, size):
    """In batches of any size, since all are padded to 20."""
    made, model = windows["model"], Network(torch.float64)
    with torch.inference_mode():
        outputs = [
            model(batch.features, batch.lengths)
            for batch in made.batches(range(len(made)), size, padded_length=made.nominal_length)
        ]
    assert outputs[0].scores.shape[-1] == CLASSES
    ours = torch.cat([output.scores for output in outputs])
    np.testing.assert_allclose(ours, POST["model.scores"], rtol=0, atol=1e-10)
    ours = torch.cat([output.decoded.segments[-1] for output in outputs])
    np.testing.assert_allclose(ours, POST["model.segments"], rtol=0, atol=1e-10)


def test_scores_from_logits_and_qualities():
    first = torch.tensor([[[0.0]], [[47.0]]])  # of two videos
    output = MadeUp()(first, torch.tensor([20, 20]))
    np.testing.assert_allclose(output.scores, POST["made_up.scores"][[0, 7]], rtol=0, atol=1e-15)


@by_case
def test_detections_of_all_windows(windows, case):
    assert max(differences(merged(case, windows), f"{case}.merged")) < tolerance(torch.float64)


@by_case
@pytest.mark.parametrize("name", ["released", "tight"])
def test_suppressed(windows, case, name):
    own = ABOUT["soft_nms"][name]
    chosen = SoftNms(sigma=own["sigma"], keep=own["top_k"], floor=own["score_threshold"])
    if name == "released":
        assert chosen == settings().soft_nms
    found = suppress(merged(case, windows), **chosen.model_dump())
    assert max(differences(found, f"{case}.suppressed.{name}")) < tolerance(torch.float64)


@pytest.mark.parametrize("name", ["merged", "suppressed.released", "suppressed.tight"])
def test_in_single_precision(windows, name):
    """As the pipeline runs it."""
    found = merged("model", windows, precision=torch.float32)
    if name != "merged":
        own = ABOUT["soft_nms"][name.split(".")[1]]
        chosen = SoftNms(sigma=own["sigma"], keep=own["top_k"], floor=own["score_threshold"])
        found = suppress(found, **chosen.model_dump())
    assert max(differences(found, f"model.{name}")) < tolerance(torch.float32)


@by_case
def test_detections_end_where_their_window_does(windows, case):
    """By values: each of theirs, cut by hand from what the network said, and what it is without the cut."""
    said = POST[f"{case}.segments"]
    share = np.stack((said[..., 0] - said[..., 1] / 2, said[..., 0] + said[..., 1] / 2), axis=-1)  # [windows, N, 2]
    start, length = (POST[f"{case}.window.{name}"][:, None, None] for name in ("start", "length"))
    step = ABOUT[case]["frames_a_snippet"] / ABOUT[case]["fps"]
    ends = POST[f"{case}.duration"][POST[f"{case}.window.video"]][:, None, None]
    for cut, expected in (
        ("window", (start + share.clip(0, 1) * length) * step),
        ("video", ((start + share * length) * step).clip(0, ends)),
    ):
        ours = merged(case, windows, cut=cut).start_end
        np.testing.assert_allclose(ours, expected.reshape(-1, 2), rtol=0, atol=1e-10)
        theirs = POST[f"{case}.merged.seconds"]
        alike = np.allclose(np.sort(ours, axis=0), np.sort(theirs, axis=0), rtol=0, atol=1e-10)
        assert alike == (cut == "window")
