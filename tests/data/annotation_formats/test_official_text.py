import zipfile

import pytest

from react_tad.data.annotation_formats.official_text import read_official_text
from react_tad.data.annotations import Instance

CLASSES = ("Billiards", "Diving")
TEXTS = {
    "Billiards_val.txt": "video_validation_0000052  1.5 2.5 \nvideo_validation_0000051  67.5 75.9\n\n",
    "Diving_val.txt": "video_validation_0000051  0.1 0.2\n",
    "Ambiguous_val.txt": "video_validation_0000051  3.0 4.0\n",
    "detclasslist.txt": "12 Billiards\n",
}


@pytest.fixture(params=["folder", "archive"])
def place(request, tmp_path):
    """Function that writes files into a folder, or an archive with the folder that the published one has."""

    def write(texts):
        if request.param == "folder":
            (tmp_path / "annotation").mkdir()
            for name, text in texts.items():
                (tmp_path / "annotation" / name).write_text(text)
            return tmp_path / "annotation"
        with zipfile.ZipFile(tmp_path / "official.zip", "w") as archive:
            for name, text in texts.items():
                archive.writestr(f"annotation/{name}", text)
        return tmp_path / "official.zip"

    return write


def test_worked_by_hand(place):
    videos, problems = read_official_text(place(TEXTS), CLASSES)
    assert problems == []
    assert list(videos) == ["video_validation_0000051", "video_validation_0000052"]
    first = videos["video_validation_0000051"]
    assert first.subset == "validation"
    assert sorted(first.instances) == [Instance("Billiards", 67.5, 75.9), Instance("Diving", 0.1, 0.2)]
    assert first.ambiguous == (Instance("Ambiguous", 3.0, 4.0),)
    assert (first.duration, first.fps) == (None, None)


def test_everything_that_cannot_be_read_is_told_with_file_and_line(place):
    texts = TEXTS | {"Diving_val.txt": "video_a  1 2 3\nvideo_b  2.0 x\nvideo_c  -1 2\nvideo_d  3 2\nvideo_e  1 nan\n"}
    texts["Juggling_test.txt"] = "video_test_0000001  1 2\n"
    videos, problems = read_official_text(place(texts), CLASSES)
    assert set(videos) == {"video_validation_0000051", "video_validation_0000052"}
    found = {(problem.file.partition(": ")[2], problem.video, problem.found) for problem in problems}
    assert found == {
        ("Diving_val.txt, line 1", "video_a", "'video_a  1 2 3'"),
        ("Diving_val.txt, line 2", "video_b", "'video_b  2.0 x'"),
        ("Diving_val.txt, line 3", "video_c", "a segment starts at -1 s"),
        ("Diving_val.txt, line 4", "video_d", "a segment ends at 2 s and starts at 3 s"),
        ("Diving_val.txt, line 5", "video_e", "a segment ends at nan s and starts at 1 s"),
        ("Juggling_test.txt", "", "unknown label 'Juggling'"),
    }


def test_an_archive_without_annotations_and_a_broken_one(tmp_path, place):
    assert [problem.found for problem in read_official_text(place({"readme.txt": ""}), CLASSES)[1]] == [
        "no annotations"
    ]
    (tmp_path / "broken.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"broken\.zip is not a whole zip archive"):
        read_official_text(tmp_path / "broken.zip", CLASSES)


def test_the_published_files(shared_data):
    root = shared_data / "thumos14" / "official_txt"
    classes = [path.stem.removesuffix("_val") for path in (root / "annotation_val").glob("*_val.txt")]
    classes.remove("Ambiguous")
    for folder, videos, instances, ambiguous in (("annotation_val", 200, 3007, 89), ("annotation_test", 213, 3358, 99)):
        found, problems = read_official_text(root / folder, classes)
        assert problems == []
        assert len(found) == videos
        assert sum(len(video.instances) for video in found.values()) == instances
        assert sum(len(video.ambiguous) for video in found.values()) == ambiguous
        assert [name for name, video in found.items() if not video.instances] == ["video_test_0001292"] * (
            videos == 213
        )
