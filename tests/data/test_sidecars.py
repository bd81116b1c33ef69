"""``VIDEO.json`` beside features: what is read of it, and whether all agree."""

import json

import pytest

from react_tad.data.sidecars import Beside, SidecarError, TimeError, agreed, read, what_counts


def beside(**extraction):
    found = {"backbone": {"name": "a", "sha256": "00"}, "clips": {"stride_seconds": 0.5}} | extraction
    return Beside(seconds_per_snippet=0.5, first_center_seconds=0.25, duration=None, extraction=found)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"seconds_per_snippet": 0.5}, (0.5, 0.25, None, None)),
        ({"seconds_per_snippet": 1, "first_center_seconds": 0, "duration": 9}, (1.0, 0.0, 9, None)),
        ({"seconds_per_snippet": 0.5, "fps": 12, "extraction": {"step": 1}}, (0.5, 0.25, None, {"step": 1})),
    ],
)
def test_what_is_read(tmp_path, content, expected):
    (tmp_path / "a.json").write_text(json.dumps(content))
    found = read(tmp_path / "a.json")
    assert tuple(found.values()) == expected


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "a.json: no seconds_per_snippet"),
        ({"seconds_per_snipet": 1.0}, "Did you mean 'seconds_per_snippet'"),
        ({"seconds_per_snippet": 0}, "seconds_per_snippet = 0 should be above 0"),
        ({"seconds_per_snippet": "1"}, "seconds_per_snippet = '1' should be a number"),
        ({"seconds_per_snippet": 1, "duration": -1}, "duration = -1 should be above 0"),
        ({"seconds_per_snippet": 1, "extraction": "by hand"}, "extraction should be what 'react-tad extract' writes"),
        ([], "should be a JSON object"),
    ],
)
def test_what_cannot_be_is_named(tmp_path, content, message):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(TimeError, match=message):
        read(tmp_path / "a.json")


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(TimeError, match=r"a\.json is not there"):
        read(tmp_path / "a.json")


def test_a_place_is_no_difference():
    found = {"one": beside(), "two": beside(backbone={"name": "moved", "sha256": "00"})}
    assert agreed(found, "here") == found["one"]["extraction"]
    assert agreed({}, "here") is None
    nothing = Beside(seconds_per_snippet=0.5, first_center_seconds=0.25, duration=None, extraction=None)
    assert agreed({"one": nothing, "two": nothing}, "here") is None
    assert what_counts(None) == {}
    with pytest.raises(SidecarError, match=r"'two'.*backbone\.sha256 is '00' and None"):
        agreed({"one": beside(), "three": beside(), "two": nothing}, "here")


def test_those_that_differ_are_named_with_what_differs():
    found = {"one": beside(), "two": beside(clips={"stride_seconds": 0.25}), "three": beside()}
    with pytest.raises(
        SidecarError, match=r"^here: features of 1 video \('two'\).* of the other 2\. .*is 0.5 and 0.25"
    ):
        agreed(found, "here")
