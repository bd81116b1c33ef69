"""What makes features others, and what does not."""

import pytest

from react_tad.extraction.clips import make_clips
from react_tad.extraction.description import Extraction
from react_tad.params.section import ParameterError, canonical, validated


@pytest.fixture
def how(backbone):
    return Extraction(backbone=backbone.description, clips=make_clips(frames=8, stride_seconds=0.5, fps=12))


def test_it_survives_json(how):
    again = validated(Extraction, how.model_dump(mode="json"), "model.json")
    assert again == how and canonical(again) == canonical(how)
    assert again.differences(how) == []


def test_another_name_is_no_difference_and_all_else_is(how):
    moved = how.backbone.model_copy(update={"name": "elsewhere"})
    assert how.differences(how.model_copy(update={"backbone": moved})) == []
    other = how.backbone.model_copy(update={"sha256": "0" * 64})
    scaling = how.backbone.scaling.model_copy(update={"crop": (16, 16)})
    changes = {
        "backbone.sha256": {"backbone": other},
        "backbone.scaling.crop": {"backbone": how.backbone.model_copy(update={"scaling": scaling})},
        "clips.stride_seconds": {"clips": make_clips(frames=8, stride_seconds=0.25, fps=12)},
        "clips.fps": {"clips": make_clips(frames=8, stride_seconds=0.5)},
        "dtype": {"dtype": "float16"},
    }
    for key, change in changes.items():
        (line,) = how.differences(how.model_copy(update=change))
        assert line.startswith(f"{key} is ")


def test_a_description_of_another_kind_is_refused(how):
    found = how.model_dump(mode="json")
    found["clips"]["strides"] = 3
    with pytest.raises(ParameterError, match=r"unknown parameter 'clips\.strides'"):
        validated(Extraction, found, "model.json")
