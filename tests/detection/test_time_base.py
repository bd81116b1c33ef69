import json
import math

import numpy as np
import pytest

from react_tad.data.rescaling import rescale
from react_tad.detection.time_base import Placed, TimeBase, TimeError, place, read_sidecar

MODEL = {"seconds_per_snippet": 0.5, "first_center_seconds": 0.5}
NOTHING = TimeBase()


def placed(said=NOTHING, sidecar=NOTHING, of_model=MODEL, *, snippets=10, rescaled_to=None):
    return place(said, sidecar, of_model, snippets=snippets, rescaled_to=rescaled_to, where="a.npy: video 'a'")


@pytest.mark.parametrize(
    ("said", "sidecar", "of_model", "expected"),
    [
        (NOTHING, NOTHING, MODEL, (0.5, 0.5, 0.5 + 9.5 * 0.5)),
        (NOTHING, TimeBase(0.2, 0.3), MODEL, (0.2, 0.3, 0.3 + 9.5 * 0.2)),
        (NOTHING, TimeBase(0.2), MODEL, (0.2, 0.1, 2.0)),  # the model's first centre goes with its own time
        (TimeBase(0.4), TimeBase(0.2, 0.3, 7.0), MODEL, (0.4, 0.3, 7.0)),
        (TimeBase(first_center_seconds=0.0), NOTHING, MODEL, (0.5, 0.0, 4.75)),
        (TimeBase(duration=4.0), NOTHING, MODEL, (0.5, 0.5, 4.0)),  # says where it ends only
        (TimeBase(duration=4.0), NOTHING, None, (0.4, 0.2, 4.0)),  # divided into ten
        (TimeBase(0.3), NOTHING, None, (0.3, 0.15, 3.0)),
    ],
)
def test_each_number_has_its_source(said, sidecar, of_model, expected):
    found = placed(said, sidecar, of_model)
    np.testing.assert_allclose(
        (found.seconds_per_snippet, found.first_center_seconds, found.duration), expected, rtol=1e-15
    )


def test_a_model_without_a_time_needs_one():
    with pytest.raises(
        TimeError, match=r"a\.npy: video 'a': when were its snippets\?.*seconds_per_snippet, or the dur"
    ):
        placed(of_model=None)
    with pytest.raises(TimeError, match="when were"):
        placed(TimeBase(first_center_seconds=1.0), of_model=None)


def test_a_recording_ends_after_it_begins():
    with pytest.raises(TimeError, match="first_center_seconds = -9 puts all of its 10 snippets before 0 s"):
        placed(TimeBase(first_center_seconds=-9.0))


@pytest.mark.parametrize("snippets", [3, 10, 37])
def test_rescaled_snippets_are_where_their_features_come_from(snippets):
    """A ramp that is each snippet's own time, rescaled as the features are, is the time of the rescaled ones."""
    times = 0.7 + 0.4 * np.arange(snippets)
    found = placed(TimeBase(0.4, 0.7), snippets=snippets, rescaled_to=10)
    expected = rescale(times[:, None], 10)[:, 0]
    own = found.first_center_seconds + found.seconds_per_snippet * np.arange(10)
    inside = (own >= times[0]) & (own <= times[-1])  # before the first centre the features are those of the first
    assert inside.sum() >= 3
    np.testing.assert_allclose(own[inside], expected[inside], rtol=1e-6)
    assert found.duration == pytest.approx(0.7 + 0.4 * (snippets - 0.5))


def test_a_duration_is_divided_among_the_rescaled_snippets():
    assert placed(TimeBase(duration=7.0), of_model=None, snippets=33, rescaled_to=100) == Placed(0.07, 0.035, 7.0)


def test_a_file_beside_the_features(tmp_path):
    path = tmp_path / "a.json"
    assert read_sidecar(path) == NOTHING
    path.write_text(json.dumps({"seconds_per_snippet": 1, "duration": 12.5, "video": "a", "extraction": {}}))
    assert read_sidecar(path) == TimeBase(1, None, 12.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([1], "should be a JSON object"),
        ({"second_per_snippet": 1.0}, "unknown key 'second_per_snippet'. Did you mean 'seconds_per_snippet'"),
        ({"durations": 1.0}, "Did you mean 'duration'"),
        ({"duration": "12"}, "duration = '12' should be a number of seconds"),
        ({"duration": True}, "duration = True should be a number"),
        ({"seconds_per_snippet": 0}, "seconds_per_snippet = 0 should be above 0"),
    ],
)
def test_a_file_that_cannot_be_right_is_named(tmp_path, content, message):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(TimeError, match=rf"a\.json.*{message}"):
        read_sidecar(tmp_path / "a.json")


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_numbers_of_a_caller_are_checked(value):
    with pytest.raises(TimeError, match="predict: duration = "):
        TimeBase(duration=value).check("predict")
