import io
import json
import re
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from react_tad.data.datasets import hapt
from react_tad.data.download import obtain_all
from react_tad.data.folds import in_fold
from react_tad.params.folds import Fold

USERS = (1, 2, 5)


def raw_data(samples=400):
    """The files of a small archive of the published layout: one recording of each of USERS."""
    random = np.random.default_rng(0)
    files, labels = {}, []
    for number, user in enumerate(USERS, start=1):
        for kind in ("acc", "gyro"):
            text = io.StringIO()
            np.savetxt(text, random.standard_normal((samples, 3)))
            files[f"RawData/{kind}_exp{number:02d}_user{user:02d}.txt"] = text.getvalue()
        labels += [f"{number} {user} 7 201 300", f"{number} {user} 5 1 200"]
    files["RawData/labels.txt"] = "\n".join(labels) + "\n"
    return files


def pack_tar(path: Path, files):
    with tarfile.open(path, "w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))


def pack_zip(path: Path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("activity_labels.txt", "1 WALKING\n")
        for name, text in files.items():
            archive.writestr(name, text)


@pytest.fixture
def counts(monkeypatch):
    expected = dict.fromkeys(hapt.EXPECTED_COUNTS, 0)
    expected |= {"recordings": 3, "users": 3, "samples": 1200, "segments": 6}
    expected |= {"recordings of the test users": 1, "segments of the test users": 2}
    expected |= {"segments of STANDING": 3, "segments of STAND_TO_SIT": 3}
    monkeypatch.setattr(hapt, "EXPECTED_COUNTS", expected)


@pytest.fixture(params=[pack_tar, pack_zip])
def archive(request, tmp_path, counts):
    request.param(tmp_path / "archive", raw_data())
    return tmp_path


def test_reads_zip_and_tar_alike(archive):
    recordings = hapt.prepare(archive, hapt.Options()).recordings
    assert [(item.video, item.subset, item.annotated.group) for item in recordings] == [
        ("exp01_user01", "training", "user01"),
        ("exp02_user02", "test", "user02"),
        ("exp03_user05", "validation", "user05"),
    ]
    assert sorted(path.name for path in archive.iterdir()) == ["archive"], "nothing is unpacked to disk"


def test_sample_numbers_become_seconds(archive):
    recording = hapt.prepare(archive, hapt.Options()).recordings[0]
    assert recording.duration == 8.0
    assert recording.instances == (("STANDING", 0.0, 4.0), ("STAND_TO_SIT", 4.0, 6.0)), "in order, and touching"
    assert (recording.seconds_per_snippet, recording.first_center_seconds) == (0.5, 0.5)
    assert len(recording.features) == 15, "snippets of 50 samples start at 0, 25, ... 350"


@pytest.mark.parametrize(("features", "dimension"), [("statistics", 160), ("raw", 300)])
def test_features_are_standardised_on_the_training_split(archive, features, dimension):
    prepared = hapt.standardise(hapt.prepare(archive, hapt.Options(features=features)))
    training = prepared.recordings[0].features
    assert training.shape == (15, dimension)
    np.testing.assert_allclose(training.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(training.std(axis=0), 1, atol=1e-9)
    assert abs(prepared.recordings[1].features.mean(axis=0)).max() > 0.01
    assert len(prepared.source["mean"]) == len(prepared.source["standard_deviation"]) == dimension


def test_the_features_of_a_fold_are_standardised_on_its_own_training_recordings(archive):
    """Of three users one trains in each fold, another one than the published split has; computed anew here."""
    described = {f"user{user:02d}": hapt.statistics(signal_of(n, user)) for n, user in enumerate(USERS, start=1)}
    for number, (test, validation, training) in enumerate([(1, 2, 5), (2, 5, 1), (5, 1, 2)], start=1):
        fold = Fold(by="user", count=3, number=number)
        prepared = hapt.standardise(in_fold(hapt.prepare(archive, hapt.Options()), fold))
        assert {item.subset: item.group for item in prepared.recordings} == {
            **{"test": f"user{test:02d}", "validation": f"user{validation:02d}", "training": f"user{training:02d}"}
        }
        seen = described[f"user{training:02d}"]
        deviation = np.maximum(np.sqrt(((seen - seen.mean(0)) ** 2).mean(0)), 1e-6)
        for item in prepared.recordings:
            expected = (described[item.group] - seen.mean(0)) / deviation
            np.testing.assert_allclose(item.features, expected, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(prepared.source["mean"], seen.mean(0))
        assert prepared.source["fold"]["number"] == number


def test_statistics_of_a_known_signal():
    time = np.arange(100) / 50
    signal = np.zeros((100, 6))
    signal[:, 0] = 2.0 + 3.0 * time
    signal[:, 1] = np.sin(2 * np.pi * 5 * time)
    signal[:, 2] = 4.0
    described = hapt.statistics(signal).reshape(3, 8, 20)
    mean, deviation, low, high, slope = np.moveaxis(described[..., :5], -1, 0)
    np.testing.assert_allclose(mean[:, 0], 2 + 3 * (np.arange(3) * 0.5 + 0.49))
    np.testing.assert_allclose(slope[:, 0], 3.0)
    np.testing.assert_allclose(deviation[:, 1], np.sqrt(0.5), rtol=1e-6)
    np.testing.assert_allclose((low[:, 2], high[:, 2], deviation[:, 2]), ([4.0] * 3, [4.0] * 3, [0.0] * 3))
    assert (described[:, 1, 5:].argmax(axis=-1) + 1 == 5).all(), "the power is at 5 Hz"
    np.testing.assert_allclose(described[:, 2, 5:], np.log(hapt.POWER_FLOOR))
    norms = np.linalg.norm(signal[:, :3], axis=1)
    np.testing.assert_allclose(mean[0, 6], norms[:50].mean())


def test_raw_samples_are_the_samples():
    signal = np.arange(600.0).reshape(100, 6)
    raw = hapt.raw_samples(signal)
    assert raw.shape == (3, 300)
    np.testing.assert_array_equal(raw[1].reshape(6, 50)[2], signal[25:75, 2])


def write_table(path, signal, *, separator=",", header=False, end="\n"):
    """A raw signal as text, all digits kept."""
    lines = [separator.join(map(repr, row)) for row in signal.tolist()]
    path.write_bytes(end.join(["ax,ay,az,gx,gy,gz"] * header + lines + [""]).encode())
    return path


def signal_of(number, user):
    files = raw_data()
    tables = [files[f"RawData/{kind}_exp{number:02d}_user{user:02d}.txt"] for kind in ("acc", "gyro")]
    return np.hstack([np.loadtxt(io.StringIO(table)) for table in tables])


@pytest.mark.parametrize("features", ["statistics", "raw"])
@pytest.mark.parametrize("how", [{}, {"header": True}, {"separator": ";"}, {"separator": " "}, {"end": "\r\n"}])
def test_a_new_signal_has_the_features_of_a_recording(tmp_path, counts, features, how):
    """Bit for bit, from the text of a table and what a feature manifest says."""
    pack_tar(tmp_path / "archive", raw_data())
    options = hapt.Options(features=features)
    prepared = hapt.standardise(hapt.prepare(tmp_path, options))
    source = json.loads(json.dumps(prepared.source | {"options": options.model_dump()}))
    for number, user in enumerate(USERS, start=1):
        (expected,) = (item for item in prepared.recordings if item.video == f"exp{number:02d}_user{user:02d}")
        path = write_table(tmp_path / f"{expected.video}.csv", signal_of(number, user), **how)
        found = hapt.read_signal(path, source)
        assert len(found.features) == len(expected.features)
        np.testing.assert_array_equal(np.asarray(found.features), expected.features, strict=True)
        for name in ("video", "duration", "seconds_per_snippet", "first_center_seconds"):
            assert getattr(found, name) == getattr(expected, name)


@pytest.mark.parametrize("describe", [hapt.statistics, hapt.raw_samples])
@pytest.mark.parametrize("samples", [50, 51, 74, 75, 100, 1000, 1037])
@pytest.mark.parametrize("snippets", [1, 2, 7, 1000])
def test_a_long_signal_is_described_in_parts(describe, samples, snippets):
    signal = np.random.default_rng(samples).standard_normal((samples, 6))
    found = np.concatenate([describe(part) for part in hapt.parts(signal, snippets)])
    np.testing.assert_array_equal(found, describe(signal), strict=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3,4,5\n" * 60, "has 5 columns; it should have 6: acceleration x, y, z in g and angular velocity"),
        ("1,2,3,4,5,6,7\n" * 60, "has 7 columns"),
        ("1,2,3,4,5,6\n" * 49, "has 49 rows; it should have 50 at least, one second"),
        ("", "has 0 rows"),
        ("ax,ay,az,gx,gy,gz\n", "has 0 rows"),
        ("1,2,3,4,5,6\n" * 60 + "1,2,3,x,5,6\n", "could not convert string 'x' to float64 at row 60, column 4"),
        ("1,2,3,4,5,6\n" * 60 + "1,2,3\n", "the number of columns changed from 6 to 3"),
        ("1,2,3,4,5,6\n" * 60 + "1,2,nan,4,5,6\n", "row 61 of its numbers has nan; all must be finite"),
        ("words and no numbers\n" * 60, "could not convert string 'words'"),
        (b"\xff\xfe\x00" * 60, "utf-8"),
    ],
)
def test_what_is_no_signal_is_named(tmp_path, text, message):
    path = tmp_path / "walk.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=rf"(?s)walk\.csv.*{re.escape(message)}"):
        hapt.read_signal(path, {"mean": [0.0] * 160, "standard_deviation": [1.0] * 160})


def test_a_missing_recording_is_named_by_its_counts(tmp_path, counts):
    files = {name: text for name, text in raw_data().items() if "exp02" not in name}
    pack_tar(tmp_path / "archive", files)
    with pytest.raises(ValueError, match=r"archive is not the published data: recordings: 2, expected 3; users: 2"):
        hapt.prepare(tmp_path, hapt.Options())


def test_a_missing_segment_is_named_by_its_class(tmp_path, counts):
    files = raw_data()
    files["RawData/labels.txt"] = files["RawData/labels.txt"].replace("1 1 7 201 300\n", "")
    pack_tar(tmp_path / "archive", files)
    with pytest.raises(ValueError, match="segments: 5, expected 6; segments of STAND_TO_SIT: 2, expected 3"):
        hapt.prepare(tmp_path, hapt.Options())


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("RawData/labels.txt", None, r"RawData/labels\.txt is missing"),
        ("RawData/gyro_exp02_user02.txt", None, r"RawData/gyro_exp02_user02\.txt is missing"),
        ("RawData/gyro_exp02_user02.txt", "1 2 3\n", "acc_exp02_user02.txt has 400 samples and its gyro file 1"),
        ("RawData/acc_exp02_user02.txt", "1 2\n", r"RawData/acc_exp02_user02\.txt has 2 columns; expected 3"),
        ("RawData/acc_exp02_user02.txt", "1 2 x\n", r"RawData/acc_exp02_user02\.txt: .*'x'"),
    ],
)
def test_a_wrong_file_in_the_archive_is_named(tmp_path, counts, name, text, message):
    files = {key: value for key, value in raw_data().items() if key != name} | ({name: text} if text else {})
    pack_zip(tmp_path / "archive", files)
    with pytest.raises(ValueError, match=f"archive: {message}"):
        hapt.prepare(tmp_path, hapt.Options())


@pytest.mark.parametrize("pack", [pack_tar, pack_zip])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_archive_is_named(tmp_path, counts, pack, share):
    path = tmp_path / "archive"
    pack(path, raw_data())
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match="archive is not a whole zip or tar archive"):
        hapt.prepare(tmp_path, hapt.Options())


def test_names_in_the_archive_cannot_lead_out_of_it(tmp_path, counts):
    files = raw_data() | {"../RawData/acc_evil.txt/../../outside.txt": "1 2 3\n", "/RawData/../outside.txt": "1\n"}
    pack_tar(tmp_path / "archive", files)
    hapt.prepare(tmp_path, hapt.Options())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]


def test_the_users_of_the_splits_are_disjoint():
    assert not hapt.TEST_USERS & hapt.VALIDATION_USERS
    assert len(hapt.TEST_USERS) == 9


def test_the_published_recordings(shared_data, tmp_path):
    """All counts are asserted while reading; here are those of the splits, and the share of unlabelled time."""
    obtain_all(tmp_path, hapt.published(hapt.Options()), mirror=shared_data, folder="hapt")
    recordings = hapt.prepare(tmp_path, hapt.Options()).recordings
    by_split = {
        split: (len(own), sum(len(item.instances) for item in own))
        for split in ("training", "validation", "test")
        for own in [[item for item in recordings if item.subset == split]]
    }
    assert by_split == {"training": (34, 689), "validation": (8, 160), "test": (19, 365)}
    assert len({item.group for item in recordings}) == 30
    assert all(item.video.endswith(f"_{item.group}") for item in recordings)
    total = sum(item.duration for item in recordings)
    labelled = sum(end - start for item in recordings for _, start, end in item.instances)
    assert total / 3600 == pytest.approx(6.24, abs=0.005)
    assert 1 - labelled / total == pytest.approx(0.274, abs=0.0005)
    for split in ("training", "validation", "test"):
        labels = {label for item in recordings if item.subset == split for label, _, _ in item.instances}
        assert labels == set(hapt.CLASSES)
