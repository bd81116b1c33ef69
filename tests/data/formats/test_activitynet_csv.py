import shutil
import zipfile

import numpy as np
import pandas
import pytest

from react_tad.data.features import FeatureError
from react_tad.data.formats import activitynet_csv


def write(path, table):
    """Write a table as BSN's program does: with pandas, names of the columns first and no numbers of the rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pandas.DataFrame(table, columns=[f"f{column}" for column in range(table.shape[1])]).to_csv(path, index=False)


@pytest.fixture
def tables():
    """Two tables in the published size."""
    random = np.random.default_rng(0)
    return {name: random.normal(size=(100, 400)) for name in ("--1DO2V4K74", "zzz_a-b")}


@pytest.fixture
def folder(tmp_path, tables):
    """A folder in the published layout."""
    for name, table in tables.items():
        write(tmp_path / "csv_mean_100" / f"v_{name}.csv", table)
    return tmp_path / "csv_mean_100"


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_what_is_in_the_files_is_read(tmp_path, folder, tables, kind):
    if kind == "zip":
        folder = shutil.make_archive(str(tmp_path / "csv_mean_100"), "zip", tmp_path, "csv_mean_100")
    found = activitynet_csv.features(folder)
    assert list(found) == sorted(tables)
    for name, table in tables.items():
        assert found[name].shape == (100, 400)
        features = np.asarray(found[name])
        assert features.dtype == np.float32
        np.testing.assert_array_equal(features, table.astype(np.float32))


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [(99, 400, "99 rows of 400 columns; should be 100 rows of 400"), (100, 399, "100 rows of 399 columns")],
)
def test_a_table_of_another_size_names_the_file(folder, rows, columns, message):
    write(folder / "v_odd.csv", np.zeros((rows, columns)))
    with pytest.raises(FeatureError, match=rf"v_odd\.csv: {message}"):
        np.asarray(activitynet_csv.features(folder)["odd"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.split("\n", 1)[1], r"the first line begins with '-?\d.*it should name the columns"),
        (lambda text: text[: len(text) // 2], "number of columns changed|rows of 400 columns"),
        (lambda text: text.replace("\n", "\nword,", 1), "could not convert string 'word'"),
        (lambda text: "", "the first line begins with ''"),
    ],
)
def test_a_damaged_table_names_the_file(folder, tables, change, message):
    path = folder / f"v_{min(tables)}.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(FeatureError, match=rf"v_--1DO2V4K74\.csv: .*({message})"):
        np.asarray(activitynet_csv.features(folder)[min(tables)])


def test_a_damaged_archive_is_an_error(tmp_path, folder, tables):
    archive = tmp_path / "csv_mean_100.zip"
    shutil.make_archive(str(archive.with_suffix("")), "zip", tmp_path, "csv_mean_100")
    content = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as whole:
        place = whole.getinfo(f"csv_mean_100/v_{min(tables)}.csv").header_offset
    for damage in (b"\0" * 50, bytes(range(50))):
        archive.write_bytes(content[: place + 1000] + damage + content[place + 1050 :])
        with pytest.raises(FeatureError, match=r"csv_mean_100\.zip, csv_mean_100/v_--1DO2V4K74\.csv"):
            np.asarray(activitynet_csv.features(archive)[min(tables)])
    archive.write_bytes(content[:3000])
    with pytest.raises(FeatureError, match=r"csv_mean_100\.zip is neither a folder nor a whole zip archive"):
        activitynet_csv.features(archive)


def test_no_table_and_a_table_twice_are_errors(tmp_path, folder, tables):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FeatureError, match=r"no file v_VIDEO\.csv in it"):
        activitynet_csv.features(tmp_path / "empty")
    (folder / "again").mkdir()
    shutil.copy(folder / f"v_{min(tables)}.csv", folder / "again")
    with pytest.raises(FeatureError, match=r"video '--1DO2V4K74' has two files"):
        activitynet_csv.features(folder)
