import os
import unicodedata

import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import feature_folder

NAMES = ["plain", "with space", 'it\'s "quoted"', "Ärger über Öl", "手を振る", "dots.in.it", "$HOME; rm -rf *"]


def save(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def test_hidden_files_and_others_are_left_alone_and_said(tmp_path):
    save(tmp_path, *(f"{name}.npy" for name in NAMES), "notes.txt", ".hidden.npy", ".cache/b.npy", "._plain.npy")
    found = feature_folder.files(tmp_path)
    assert found.videos.keys() == {unicodedata.normalize("NFC", name) for name in NAMES}
    (note,) = feature_folder.notes(found, tmp_path, "")
    assert note == f"not read in {tmp_path}: 1 of .txt (notes.txt)"


def test_a_name_is_the_same_however_its_accents_are_written(tmp_path):
    save(tmp_path, unicodedata.normalize("NFD", "Ärger") + ".npy")
    assert list(feature_folder.files(tmp_path).videos) == [unicodedata.normalize("NFC", "Ärger")]
    save(tmp_path, unicodedata.normalize("NFC", "Ärger") + ".npy")
    with pytest.raises(FeatureError, match="are the same name; keep one of them"):
        feature_folder.files(tmp_path)


def test_a_prefix_is_taken_off_and_what_has_none_is_said(tmp_path):
    save(tmp_path, "v_a.npy", "v_b.npz", "c.npy")
    found = feature_folder.files(tmp_path, prefix="v_")
    assert list(found.videos) == ["a", "b"]
    (note,) = feature_folder.notes(found, tmp_path, "v_")
    assert note == f"not read in {tmp_path}, without the prefix 'v_': 1 file ('c.npy')"


def test_subfolders_links_to_folders_and_suffixes_written_large(tmp_path):
    own = tmp_path / "own"
    save(own, "train/a.npy", "train/deep/b.NPY", "c.NpZ", "more.H5", "train/x.hdf5")
    save(tmp_path, "elsewhere/d.npy")
    (own / "linked").symlink_to(tmp_path / "elsewhere")
    (own / "train/again").symlink_to(own)
    found = feature_folder.files(own)
    assert sorted(found.videos) == ["a", "b", "c", "d"]
    assert sorted(found.many) == ["more.H5", "train/x.hdf5"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("x/a.npy", "y/a.npy"), "x/a.npy and y/a.npy are of the same video.*give the subfolders as a list"),
        (("a.npy", "a.npz"), r"a\.npy and a\.npz are of the same video; keep one of them$"),
        (("a.npy", "a.NPY"), r"a\.NPY and a\.npy are of the same video; keep one of them$"),
    ],
)
def test_a_video_with_two_files_is_an_error(tmp_path, names, message):
    save(tmp_path, *names)
    with pytest.raises(FeatureError, match=message):
        feature_folder.files(tmp_path)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), r"no file VIDEO\.npy in it; .*It is empty"),
        (
            ("a.pt", "b.pt", "c.PT", "d.pt", "notes.txt"),
            r"4 of \.pt \(a\.pt, b\.pt, c\.PT, \.\.\.\); 1 of \.txt \(notes\.txt\).*torch\.load.*numpy\.save",
        ),
        (("x/a.csv", "x/b.csv"), r"2 of \.csv \(a\.csv, b\.csv\).*numpy\.loadtxt"),
        (("a.mat",), r"scipy\.io\.loadmat"),
        (("a.pkl",), r"pickle\.load.*that you wrote yourself only"),
        (("README",), r"1 of no suffix \(README\)$"),
    ],
)
def test_a_folder_without_features_says_what_is_there(tmp_path, names, message):
    save(tmp_path, *names)
    with pytest.raises(FeatureError, match=message):
        feature_folder.files(tmp_path)


def test_a_prefix_that_no_file_has_is_named_with_numbers(tmp_path):
    save(tmp_path, "a.npy", "b.npy")
    with pytest.raises(
        FeatureError, match=r"no file v_VIDEO\.npy in it; .* 2 files \('a\.npy', 'b\.npy'\) without the prefix 'v_'"
    ):
        feature_folder.files(tmp_path, prefix="v_")


def test_names_that_are_not_utf8_links_to_nothing_and_pipes_are_named_at_once(tmp_path):
    save(tmp_path, "a.npy")
    (tmp_path / "gone.npy").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.npy")
    (tmp_path / os.fsdecode(b"Stra\xdfe.npy")).write_bytes(b"")
    with pytest.raises(FeatureError) as error:
        feature_folder.files(tmp_path)
    message = str(error.value)
    assert "gone.npy is a link to nothing" in message and "pipe.npy is no regular file" in message
    assert r"Stra\xdfe.npy has a name that is not UTF-8" in message
    message.encode()


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(FeatureError, match="nowhere is not a folder"):
        feature_folder.files(tmp_path / "nowhere")


def test_a_file_that_is_called_like_its_prefix_is_an_error(tmp_path):
    save(tmp_path, "v_.npy")
    with pytest.raises(FeatureError, match="its name should be 'v_' and that of a video"):
        feature_folder.files(tmp_path, prefix="v_")
