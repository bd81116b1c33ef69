from react_tad.data.annotations import Video
from react_tad.data.doubts.shared_groups import shared


def video(subset, group=None):
    return Video(subset, 9.0, (), group=group)


def test_groups_in_several_subsets_are_named():
    videos = {
        "a": video("test", "cleo"),
        "b": video("training", "anna"),
        "c": video("training", "ben"),
        "d": video("validation", "ben"),
        "e": video("training", "cleo"),
    }
    (said,) = shared(videos)
    assert said.startswith(
        "2 groups ('ben', 'cleo') with recordings in several subsets: those of 'ben' are in training and validation."
    )


def test_groups_in_one_subset_raise_no_doubt():
    videos = {"a": video("test", "cleo"), "b": video("test", "cleo"), "c": video("new", "cleo"), "d": video("training")}
    assert list(shared(videos | {"e": video("validation")})) == []
