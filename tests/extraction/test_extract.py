"""Features of a video against the network on pictures that are known."""

import threading

import numpy as np
import pytest
import torch
import transformers
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

from films import numbered, write_film
from react_tad.data.features import FeatureError
from react_tad.data.video_files import VideoError
from react_tad.devices import use_threads
from react_tad.extraction.backbone import BackboneError
from react_tad.extraction.clips import make_clips
from react_tad.extraction.extract import extract_video, stored


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(0)
    return [random.integers(0, 256, (40, 56, 3)).astype(np.uint8) for _ in range(50)]


@pytest.fixture(scope="module")
def film(pictures, tmp_path_factory):
    """A lossless film of the pictures, at 10 a second."""
    return write_film(tmp_path_factory.mktemp("film") / "film.mkv", pictures, fps=10, codec="ffv1", pixels="bgr0")


CLIPS = make_clips(frames=8, step=2, stride_frames=3)


def test_each_snippet_is_the_network_on_its_frames(film, pictures, backbone, backbone_folder):
    """From the pictures by ``transformers`` alone."""
    features, times = extract_video(film, backbone, CLIPS, progress=False)
    model = transformers.VideoMAEModel.from_pretrained(backbone_folder).eval()
    processor = VideoMAEImageProcessorPil.from_pretrained(backbone_folder)
    clips = [[pictures[3 * k + 2 * j] for j in range(8)] for k in range(12)]
    with torch.no_grad():
        pixels = [processor(clip, return_tensors="pt")["pixel_values"] for clip in clips]
        expected = torch.cat([model(clip).last_hidden_state.mean(1) for clip in pixels])
    assert features.dtype == np.float32 and features.shape == (12, 24)
    np.testing.assert_allclose(features, expected, atol=1e-5)
    assert (times.seconds_per_snippet, times.fps, times.duration, times.frames) == (0.3, 10, 5, 50)
    assert times.first_center_seconds == 0.75, "15 frames from the first to the end of the last"
    np.testing.assert_allclose(times.centers, 0.75 + 0.3 * np.arange(12))


def test_batches_and_threads_change_nothing(film, backbone):
    expected, _ = extract_video(film, backbone, CLIPS, progress=False)
    again, _ = extract_video(film, backbone, CLIPS, progress=False)
    assert again.tobytes() == expected.tobytes()
    for options in ({"batch_size": 1}, {"batch_size": 5}, {"batch_size": 100}, {"threads": 2}):
        features, _ = extract_video(film, backbone, CLIPS, progress=False, **options)
        np.testing.assert_allclose(features, expected, atol=1e-5)


def test_a_film_twice_as_fast_looks_the_same_at_half_the_rate(film, pictures, backbone, tmp_path):
    """Every second picture at 10 a second, of a film of 20 a second."""
    doubled = [picture for picture in pictures for _ in range(2)]
    fast = write_film(tmp_path / "fast.mkv", doubled, fps=20, codec="ffv1", pixels="bgr0")
    clips = make_clips(frames=8, stride_seconds=0.4, fps=10)
    (features, times), (expected, its) = (extract_video(path, backbone, clips, progress=False) for path in (fast, film))
    np.testing.assert_array_equal(features, expected)
    assert times.centers.tolist() == its.centers.tolist()


def test_the_last_clip_ends_with_the_film(film, backbone):
    """50 frames hold a clip of 8 whose first is the 43rd, and none later."""
    clips = make_clips(frames=8, stride_frames=1)
    assert extract_video(film, backbone, clips, progress=False)[1].snippets == 43


def test_a_film_shorter_than_a_clip_is_named(backbone, tmp_path):
    path = write_film(tmp_path / "short.mp4", numbered(14), fps=10)
    with pytest.raises(
        VideoError, match=r"short.mp4: 1.40 s of pictures \(14 frames\); a clip takes 1.50 s \(8 frames"
    ):
        extract_video(path, backbone, CLIPS, progress=False)
    assert extract_video(write_film(path, numbered(15), fps=10), backbone, CLIPS, progress=False)[1].snippets == 1


def test_an_error_ends_the_decoding(film, backbone):
    """Neither a thread nor a file is left behind."""

    class Failing:
        description = backbone.description
        check_frames = backbone.check_frames

        def __call__(self, clips):
            raise RuntimeError("out of memory")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="out of memory"):
        extract_video(film, Failing(), CLIPS, batch_size=1, progress=False)
    assert threading.active_count() == before


def test_clips_that_the_network_does_not_take(film, backbone):
    with pytest.raises(BackboneError, match="takes clips of 8 frames, not 4"):
        extract_video(film, backbone, make_clips(frames=4), progress=False)
    with pytest.raises(ValueError, match="--batch-size 0"):
        extract_video(film, backbone, CLIPS, batch_size=0, progress=False)


def test_features_are_stored_in_float16_if_they_fit():
    features = np.array([[0.1, 65504]], np.float32)
    assert stored(features, "float16", "film.mp4").dtype == np.float16
    with pytest.raises(FeatureError, match=r"film.mp4: a feature of size 65536 does not fit float16"):
        stored(features + 32, "float16", "film.mp4")


def test_deterministic_algorithms_are_enough(film, backbone):
    """What the command sets forbids nothing that a network does."""
    use_threads(1)
    try:
        extract_video(film, backbone, CLIPS, progress=False)
    finally:
        torch.use_deterministic_algorithms(False)
