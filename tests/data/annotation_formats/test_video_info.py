import pytest

from react_tad.data.annotation_formats.video_info import read_video_info


def test_frames_and_rates(tmp_path):
    (tmp_path / "a.csv").write_text("video,fps,sample_fps,count,sample_count\na,30.0,10.0,5091.0,1697\nb,25,10,50,20\n")
    videos, problems = read_video_info(tmp_path / "a.csv")
    assert problems == []
    assert (videos["a"].fps, videos["a"].frames) == (30.0, 5091)
    assert videos["b"].duration == 2.0


@pytest.mark.parametrize("row", ["a,thirty,100", "a,0,100", "a,30,0", "a,30", ",30,100", "a,30,inf", "a,nan,5"])
def test_a_row_that_cannot_be_used_is_named_by_its_line(tmp_path, row):
    (tmp_path / "a.csv").write_text(f"video,fps,count\nb,25,50\n{row}\n")
    videos, problems = read_video_info(tmp_path / "a.csv")
    assert list(videos) == ["b"]
    assert [problem.file.rpartition("/")[2] for problem in problems] == ["a.csv, line 3"]
