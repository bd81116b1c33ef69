import zipfile

import numpy as np
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import npz_file

WHERE = "a.npz: video 'a'"
RGB, FLOW = np.arange(12.0).reshape(4, 3), np.arange(10.0).reshape(5, 2)


def opened(tmp_path, save=np.savez, **arrays):
    save(tmp_path / "a.npz", **arrays)
    return npz_file.features(tmp_path / "a.npz", WHERE)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_one_array_of_any_name_and_features_beside_others(tmp_path, save):
    np.testing.assert_array_equal(np.asarray(opened(tmp_path, save, anything=RGB)), RGB)
    lazy = opened(tmp_path, save, fps=np.float32(25), features=np.asfortranarray(FLOW))
    assert lazy.shape == (5, 2) and not lazy.cut
    np.testing.assert_array_equal(np.asarray(lazy), FLOW)


def test_rgb_and_flow_are_joined_in_that_order_and_cut(tmp_path):
    lazy = opened(tmp_path, flow=FLOW, rgb=RGB, fps=np.float32(25))
    assert lazy.shape == (4, 5) and lazy.cut and lazy.files == (tmp_path / "a.npz",)
    np.testing.assert_array_equal(np.asarray(lazy), np.concatenate([RGB, FLOW[:4]], axis=1))


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"x": RGB, "y": FLOW},
            r"2 arrays \('x', 'y'\) in it; it should hold one array, one called 'features', or two",
        ),
        ({"features": RGB, "rgb": RGB, "flow": FLOW}, r"3 arrays \('features', 'flow', 'rgb'\)"),
        ({}, "nothing in it"),
        ({"x": RGB.astype(bool)}, r"array 'x': an array of bool \[4, 3\], booleans"),
        ({"x": np.array([[None]])}, "Python objects, which are never read"),
        ({"rgb": RGB, "flow": np.ones((6, 2))}, "snippets: rgb 4, flow 6; streams of one video may differ by 1"),
    ],
)
def test_what_is_not_clear_lists_the_names(tmp_path, arrays, message):
    with pytest.raises(FeatureError, match=rf"^a\.npz: video 'a'.*{message}"):
        opened(tmp_path, **arrays)


def test_a_damaged_number_is_noticed(tmp_path):
    """By the checksums of the archive."""
    lazy = opened(tmp_path, x=RGB)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(RGB.tobytes()) + 5] ^= 1
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FeatureError, match=r"not a whole \.npz file of numbers \(Bad CRC-32"):
        np.asarray(lazy)


def test_a_directory_that_lost_an_array_is_noticed(tmp_path):
    """The length of the first entry's comment is changed, so that it swallows the others; zipfile reads on."""
    opened(tmp_path, rgb=RGB, flow=FLOW)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    content[content.index(b"PK\x01\x02") + 32] ^= 64
    (tmp_path / "a.npz").write_bytes(content)
    assert zipfile.ZipFile(tmp_path / "a.npz").namelist() == ["rgb.npy"]
    with pytest.raises(FeatureError, match="1 of its 2 files are listed"):
        npz_file.features(tmp_path / "a.npz", WHERE)


def test_another_kind_of_file_is_called_what_it_is(tmp_path):
    with open(tmp_path / "a.npz", "wb") as handle:
        np.save(handle, RGB)
    with pytest.raises(FeatureError, match=r"it is a \.npy file"):
        npz_file.features(tmp_path / "a.npz", WHERE)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(tmp_path, method):
    """They have no bound on what comes out."""
    np.save(tmp_path / "x.npy", RGB)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", method) as archive:
        archive.write(tmp_path / "x.npy", "x.npy")
    with pytest.raises(FeatureError, match="compressed or encrypted in a way that is not read"):
        npz_file.features(tmp_path / "a.npz", WHERE)


def test_an_array_that_would_become_too_large_is_refused(tmp_path):
    opened(tmp_path, np.savez_compressed, x=RGB)
    content = bytearray((tmp_path / "a.npz").read_bytes())
    at = content.index(b"PK\x01\x02") + 24  # the size in the archive's directory
    content[at : at + 4] = (2**31).to_bytes(4, "little")
    (tmp_path / "a.npz").write_bytes(content)
    with pytest.raises(FeatureError, match=r"2147483648 bytes, packed into \d+ in a file of \d+; that cannot be"):
        npz_file.features(tmp_path / "a.npz", WHERE)
