"""The profiles that come with the package, against the published files that they are about."""

import gzip
import json

import pytest

from react_tad.data import datasets
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.evaluation.profiles.catalogue import (
    choose,
    profile_file,
    read_profiles,
    read_video_names,
    under_profile,
)
from react_tad.params.section import ParameterError

COUNTS = {
    ("test", "official"): (212, 3358),
    ("test", "opentad"): (211, 3325),
    ("test", "gtad"): (210, 3311),
    ("test", "ssn"): (210, 3234),
    ("validation", "official"): (200, 3007),
    ("validation", "ssn"): (200, 2973),
}
"""Of the papers' own files and programs."""


def instances(truth):
    return sorted(
        (truth.videos[video], truth.classes[label], *times)
        for video, label, times in zip(truth.video, truth.label, truth.start_end.tolist(), strict=True)
    )


def test_every_profile_of_thumos14_is_known_here():
    assert {(subset, name) for subset in ("test", "validation") for name in read_profiles("thumos14", subset)} == set(
        COUNTS
    )


@pytest.mark.parametrize(("subset", "name"), COUNTS)
@pytest.mark.parametrize("source", ["official", "actionformer"])
def test_counts_on_the_published_annotations(shared, official, source, subset, name):
    path = official if source == "official" else shared / "thumos14/thumos14.json"
    kept = under_profile(read_ground_truth(path, subset), "thumos14", name)
    assert (len(kept.videos), len(kept.label)) == COUNTS[subset, name]
    assert set(kept.video) == set(range(len(kept.videos)))  # no video is left without instances


def test_ambiguous_segments_stay(official):
    truth = read_ground_truth(official, "test")
    kept = under_profile(truth, "thumos14", "official")
    assert (len(truth.videos), len(kept.videos)) == (213, 212)
    only = truth.videos.index("video_test_0001292")
    assert len(kept.ambiguous_video) == (truth.ambiguous_video != only).sum() > 0


@pytest.mark.parametrize("subset", ["test", "validation"])
def test_pairs_are_those_of_the_published_list(shared, subset):
    lines = (shared / f"thumos14/{subset}_avoid_videos.txt").read_text().splitlines()
    pairs = read_profiles("thumos14", subset)["ssn"].leave_out.pairs
    assert sorted(pairs) == sorted(tuple(line.split()) for line in lines)


def test_gtad_is_its_own_file(shared):
    kept = under_profile(read_ground_truth(shared / "thumos14/thumos14.json", "test"), "thumos14", "gtad")
    assert instances(kept) == instances(read_ground_truth(shared / "thumos14/thumos_gt.json", "test"))


def test_durations_are_needed_where_the_end_counts(shared):
    truth = read_ground_truth(shared / "thumos14/thumos_gt.json", "test")  # it has no durations
    under_profile(truth, "thumos14", "gtad")
    with pytest.raises(ValueError, match="has no duration; profile 'ssn'"):
        under_profile(truth, "thumos14", "ssn")


def test_activitynet(shared):
    truth = read_ground_truth(shared / "activitynet13/activity_net.v1-3.trainval.json", "validation")
    kept = under_profile(truth, "activitynet13", "official")
    assert (len(kept.videos), len(kept.label)) == (4926, 7654)
    assert read_profiles("activitynet13", "test") == read_profiles("activitynet13", "validation")


@pytest.mark.parametrize("name", datasets.available())
def test_the_first_profile_is_the_official_one(name):
    assert choose(name, "test", "default") == ("official" if profile_file(name) else None)


def test_choosing():
    assert choose("thumos14", "Test", "default") == "official"
    assert choose("thumos14", "test", "ssn") == "ssn"
    assert choose("thumos14", "test", "none") is None
    assert choose("toy", "test", "default") is None
    with pytest.raises(ParameterError, match=r"'thumos14', subset 'test': unknown parameter 'gtd'.*'gtad'"):
        choose("thumos14", "test", "gtd")
    with pytest.raises(ParameterError, match="'toy', subset 'test': there are none, so none is named 'ssn'"):
        choose("toy", "test", "ssn")


GOOD = "test:\n  mine:\n    used_by: me\n    origin: here\n    leave_out: {videos: [v]}\n"


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert read_profiles(str(path), "TEST")["mine"].leave_out.videos == ("v",)
    assert read_profiles(path, "validation") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("mine", "all"), r"mine\.yaml, test: no profile can be named 'all'"),
        (GOOD.replace("videos", "vidos"), r"mine\.yaml, test\.mine: unknown parameter 'leave_out\.vidos'.*videos"),
        (GOOD.replace("    origin: here\n", ""), r"test\.mine: origin"),
        (GOOD + "    counts: {videos: 0, instances: 3}\n", r"counts\.videos = 0"),
        ("test: 3\n", "'test' should be a mapping"),
        ("5: {}\n", "'5' should be a mapping"),
    ],
)
def test_wrong_files(tmp_path, text, message):
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(ParameterError, match=message):
        read_profiles(tmp_path / "mine.yaml", "test")


def test_official_counts_are_written_down(official):
    """A file that lost a line is refused."""
    loaded = json.loads(official.read_text())
    loaded["database"]["video_test_0000004"]["annotations"].pop()
    path = official.with_name("shorter.json")
    path.write_text(json.dumps(loaded))
    with pytest.raises(ValueError, match=r"shorter\.json.* 3358 instances; .* 3357"):
        under_profile(read_ground_truth(path, "test"), "thumos14", "official")


@pytest.mark.parametrize("form", [lambda content: content, gzip.compress, lambda content: b"\xef\xbb\xbf" + content])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_names_of_videos_in_many_forms(tmp_path, form, end):
    (tmp_path / "names").write_bytes(form(end.join(["a", "Ä b", "-c", ""]).encode()))
    assert read_video_names(tmp_path / "names") == ["a", "Ä b", "-c"]
    for name in ("m.json", "m.json.gz"):
        (tmp_path / name).write_bytes(form(json.dumps({"videos": [{"video": "a", "offset": 0}]}).encode()))
        assert read_video_names(tmp_path / name) == ["a"]


def test_a_manifest_of_another_kind_is_named(tmp_path):
    (tmp_path / "m.json").write_text('{"videos": ["a"]}')
    with pytest.raises(ValueError, match=r"m\.json should be a feature manifest: videos / 0 = 'a'"):
        read_video_names(tmp_path / "m.json")
