"""A tiny THUMOS14 in the published layout: official text files in zip archives, tables of frame counts, HDF5."""

import io
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np

from react_tad.data.datasets import thumos14

FRAMES = {
    "video_validation_0000051": (30.0, 331),
    "video_validation_0000052": (25.0, 400),
    "video_validation_0000161": (29.97002997002997, 303),
    "video_validation_0000162": (30.0, 2000),
    "video_test_0000004": (24.0, 1203),
    "video_test_0000006": (30.0, 60),
    "video_test_0001292": (30.0, 90),
}
"""Frame rate and frames of each video; the features have a frame less, and RGB of one video another one less."""
SHORTER_RGB = "video_validation_0000052"
DIMENSION = 3

ROWS = {
    "val": {
        "Billiards": ["video_validation_0000051  1.0 4.5", "video_validation_0000052  0.0 16.0"],
        "CliffDiving": ["video_validation_0000161  2.0 4.0", "video_validation_0000162  10.0 12.0"],
        "Diving": ["video_validation_0000161  2.0 4.0", "video_validation_0000162  10.0 12.0"],
        "Ambiguous": ["video_validation_0000162  20.0 21.0"],
    },
    "test": {
        "Shotput": ["video_test_0000004  3.0 5.0", "video_test_0000006  0.5 60.0"],
        "Ambiguous": ["video_test_0001292  0.0 1.0", "video_test_0000004  8.0 9.0"],
    },
}
COUNTS = {
    "official validation videos": 4,
    "official validation instances": 6,
    "test videos": 2,
    "test instances": 2,
    "ambiguous segments": 2,
}


def stream(video: str, name: str) -> np.ndarray:
    """Features of one stream, float32 ``[frames, DIMENSION]``: video, stream, frame and position can be told."""
    frames = FRAMES[video][1] - 1 - (video == SHORTER_RGB and name == "rgb")
    position = np.arange(DIMENSION) / 8 + (name == "flow") / 2
    return (np.arange(frames)[:, None] + position + 10_000 * list(FRAMES).index(video)).astype(np.float32)


def write_annotations(folder: Path, rows=ROWS) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for part, long in (("val", "validation"), ("test", "test")):
        with zipfile.ZipFile(folder / f"TH14_Temporal_annotations_{long}.zip", "w") as archive:
            for label, lines in rows[part].items():
                archive.writestr(f"annotation/{label}_{part}.txt", "\n".join(lines) + "\n")
            if part == "test":
                archive.writestr("annotation/detclasslist.txt", "7 BaseballPitch\n")


def write_video_info(folder: Path) -> None:
    for part, long in (("val", "validation"), ("test", "test")):
        lines = [f"{name},{fps},10.0,{frames}.0,1" for name, (fps, frames) in FRAMES.items() if f"_{long}_" in name]
        header = "video,fps,sample_fps,count,sample_count"
        (folder / f"{part}_video_info.csv").write_text("\n".join([header, *lines]) + "\n")


def write_tsn(folder: Path) -> None:
    for part, long in (("val", "validation"), ("test", "test")):
        for name in ("rgb", "flow"):
            with h5py.File(folder / f"{name}_{part}.h5", "w") as file:
                for video in FRAMES:
                    if f"_{long}_" in video:
                        file[video] = stream(video, name)


def i3d_snippets(video: str) -> int:
    return (FRAMES[video][1] - 16) // 4 + 1


def write_i3d(path: Path, document: str) -> None:
    """ActionFormer's archive: one .npy a video, and the annotations."""
    with tarfile.open(path, "w:gz") as archive:

        def add(name, content):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))

        add("thumos/annotations/thumos14.json", document.encode())
        for number, video in enumerate(FRAMES):
            buffer = io.BytesIO()
            np.save(buffer, np.full((i3d_snippets(video), 4), number, np.float32))
            add(f"thumos/i3d_features/{video}.npy", buffer.getvalue())


def write_mirror(folder: Path) -> Path:
    """All files of the options ``tsn`` and ``official``."""
    write_annotations(folder)
    write_video_info(folder)
    write_tsn(folder)
    assert {path.name for path in folder.iterdir()} == set(thumos14.published(thumos14.Options()))
    return folder
