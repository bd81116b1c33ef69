import pytest

from react_tad.data.annotations import AnnotationError
from react_tad.data.snippet_times import Times, check, place


def placed(entry=None, duration=60.0, snippets=120, **options):
    return place(Times(**options), entry or {}, duration=duration, snippets=snippets, where="a.json: video 'film'")


@pytest.mark.parametrize(
    ("options", "entry", "expected"),
    [
        ({}, {}, (0.5, 0.25)),
        ({}, {"fps": 25.0, "seconds_per_snippet": 7.0}, (0.5, 0.25)),
        ({"time": "seconds", "seconds_per_snippet": 0.4}, {}, (0.4, 0.2)),
        ({"time": "seconds", "seconds_per_snippet": 0.4, "first_center_seconds": 0.0}, {}, (0.4, 0.0)),
        ({"time": "seconds", "seconds_per_snippet": 0.4}, {"seconds_per_snippet": 2}, (2.0, 1.0)),
        ({"time": "seconds"}, {"seconds_per_snippet": 0.4, "first_center_seconds": 3}, (0.4, 3.0)),
        # 16 frames a snippet, from snippet to snippet 4: centred at frame 8
        ({"time": "frames", "fps": 25.0, "stride_frames": 4.0, "first_center_frames": 8.0}, {}, (0.16, 0.32)),
        ({"time": "frames", "fps": 25.0, "stride_frames": 4.0}, {"fps": 50}, (0.08, 0.04)),
        ({"time": "frames", "stride_frames": 5.0}, {"fps": 30.0}, (1 / 6, 1 / 12)),
    ],
)
def test_what_comes_from_where(options, entry, expected):
    assert placed(entry, **options) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fps": 25.0}, "fps is given, and time is spread; it needs time: frames"),
        ({"time": "frames", "stride_frames": 4.0, "first_center_seconds": 1.0}, "it needs time: seconds"),
        ({"time": "seconds", "stride_frames": 4.0}, "stride_frames is given, and time is seconds"),
        ({"time": "frames", "fps": 25.0}, "time: frames needs stride_frames"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, message):
    with pytest.raises(ValueError, match=f"here: .*{message}"):
        check(Times(**options), "here")


@pytest.mark.parametrize(
    ("options", "entry", "message"),
    [
        ({"time": "seconds"}, {}, "no seconds_per_snippet; give it there, or as an option for all videos"),
        ({"time": "seconds"}, {"seconds_per_snippet": 0}, "seconds_per_snippet = 0 should be above 0"),
        ({"time": "seconds"}, {"seconds_per_snippet": "0.4"}, "seconds_per_snippet = '0.4' should be a number"),
        ({"time": "seconds"}, {"seconds_per_snippet": float("nan")}, "seconds_per_snippet = nan should be a number"),
        ({"time": "frames", "stride_frames": 4.0}, {}, "no fps"),
        ({"time": "frames", "stride_frames": 4.0}, {"fps": -25}, "fps = -25 should be above 0"),
        ({"time": "frames", "stride_frames": 4.0}, {"fps": True}, "fps = True should be a number"),
        ({"time": "seconds"}, {"seconds_per_snippet": 1, "first_center_seconds": "a"}, "first_center_seconds = 'a'"),
    ],
)
def test_a_wrong_number_names_file_and_video(options, entry, message):
    with pytest.raises(AnnotationError, match=f"a.json: video 'film': {message}"):
        placed(entry, **options)


def test_files_beside_features_say_it_whatever_an_entry_says():
    beside = {"seconds_per_snippet": 0.3, "first_center_seconds": 0.7, "duration": 9.0, "extraction": None}
    times = Times(time="sidecar")
    entry = {"seconds_per_snippet": 5.0}
    assert place(times, entry, duration=60.0, snippets=120, where="a.json", beside=beside) == (0.3, 0.7)
