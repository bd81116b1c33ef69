"""Durations in other units, beside the times of features."""

import pytest

from react_tad.data.doubts.durations import doubtful_durations, features_end

LENGTHS = (20, 31, 44, 58, 60, 97)


def recordings(recording, factor=1.0, seconds=0.5, lengths=LENGTHS, off=0.4):
    """Recordings whose durations are ``factor`` times where their features end, and a little more."""
    return [
        recording(
            f"v{number}",
            length,
            seconds_per_snippet=seconds,
            first_center_seconds=seconds / 2,
            duration=(length * seconds + off) * factor,
        )
        for number, length in enumerate(lengths)
    ]


def test_the_end_of_features(recording):
    assert features_end(recording("a", 4)) == 2.0


@pytest.mark.parametrize("factor", [0.9, 1.0, 1.15])
def test_durations_that_nearly_fit_are_silent(recording, factor):
    assert list(doubtful_durations(recordings(recording, factor))) == []


def test_durations_that_fit_no_common_factor_are_silent(recording):
    items = [item for number in range(1, 7) for item in recordings(recording, number)[number - 1 : number]]
    assert list(doubtful_durations(items)) == []


def test_two_recordings_are_silent(recording):
    assert list(doubtful_durations(recordings(recording, 25)[:2])) == []


@pytest.mark.parametrize("fps", [24, 25, 30, 60])
def test_numbers_of_frames(recording, fps):
    (found,) = doubtful_durations(recordings(recording, fps))
    assert "alike: they may be numbers of frames, " in found and "in 6 of 6 videos" in found
    assert abs(float(found.split("of frames, ")[1].split()[0]) / fps - 1) < 0.06


@pytest.mark.parametrize(("factor", "cause"), [(1000, "milliseconds"), (1 / 60, "minutes")])
def test_other_units(recording, factor, cause):
    (found,) = doubtful_durations(recordings(recording, factor))
    assert f"they may be {cause}" in found


def test_another_time_of_snippets(recording):
    (found,) = doubtful_durations(recordings(recording, 2, off=0))
    assert "durations are 2 times where the features end" in found
    assert "they would fit 1 seconds a snippet, and 0.5 is what the features are placed at" in found


@pytest.mark.parametrize("seconds", [0.04, 0.5, 2.0, 3.5])
def test_snippets_that_divide_the_duration_are_silent(recording, seconds):
    assert list(doubtful_durations(recordings(recording, seconds=seconds, off=0))) == []


@pytest.mark.parametrize("durations", [(60.0, 5400.0, 1800.0), (431.5, 430.2, 433.3)])
def test_rescaled_videos_are_silent(recording, durations):
    items = [
        recording(f"v{n}", 100, seconds_per_snippet=d / 100, first_center_seconds=d / 200, duration=d)
        for n, d in enumerate(durations)
    ]
    assert list(doubtful_durations(items)) == []


def test_frames_that_were_divided_among_snippets(recording):
    (found,) = doubtful_durations(recordings(recording, seconds=8.0, off=0))
    assert "whole numbers of about 8 a snippet: are they numbers of frames?" in found


def test_milliseconds_that_were_divided_among_snippets(recording):
    (found,) = doubtful_durations(recordings(recording, seconds=533.3, off=0))
    assert "a snippet lasts 533 to 533 s" in found and "milliseconds or numbers of frames" in found
