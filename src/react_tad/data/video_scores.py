"""Video-level class scores of published classifiers.

``cuhk``: the CUHK entry to the ActivityNet challenge of 2017, in either form that it is passed on in:
``{"class": [C names], "results": {video: [C scores]}}`` (``cuhk_val_simp_share.json``) or
``{"results": {video: [{"label", "score"}]}}`` (``cuhk_anet17_pred.json``), where a class that is not listed for a video
has score 0 there.

``untrimmednet``: an array of videos by classes, with a text file of the names of its rows and one of its columns.
Without these it is that of UntrimmedNet on THUMOS14, ``[V, 101]`` (``uNet_test.npy``): row 0 is video_test_0000001, the
columns are the classes of UCF101, of which the 20 that are detected are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import TypedDict

from react_tad.files import read_json, read_text
from react_tad.params.section import checked

if TYPE_CHECKING:
    from react_tad.params.fusion import Fusion

UCF101_CLASSES = 101
UCF101_NUMBERS = {
    "BaseballPitch": 7,
    "BasketballDunk": 9,
    "Billiards": 12,
    "CleanAndJerk": 21,
    "CliffDiving": 22,
    "CricketBowling": 23,
    "CricketShot": 24,
    "Diving": 26,
    "FrisbeeCatch": 31,
    "GolfSwing": 33,
    "HammerThrow": 36,
    "HighJump": 40,
    "JavelinThrow": 45,
    "LongJump": 51,
    "PoleVault": 68,
    "Shotput": 79,
    "SoccerPenalty": 85,
    "TennisSwing": 92,
    "ThrowDiscus": 93,
    "VolleyballSpiking": 97,
}
"""Number in UCF101, from 1, of each class that is detected in THUMOS14."""


@dataclass(frozen=True, eq=False)
class VideoScores:
    """Scores >= 0 of C classes for every video."""

    classes: tuple[str, ...]
    scores: Mapping[str, np.ndarray]
    """By video, [C] float64."""
    source: str
    """The file, for messages."""

    def of_classes(self, classes: Sequence[str]) -> "VideoScores":
        """The scores of ``classes`` only, in their order. Raises ValueError that names one that has no scores."""
        position = {name: index for index, name in enumerate(self.classes)}
        missing = [name for name in classes if name not in position]
        if missing:
            raise ValueError(
                f"{self.source} has no scores of class '{missing[0]}' ({len(missing)} of {len(classes)} classes are "
                f"missing); it has {', '.join(self.classes[:5])}, ..."
            )
        columns = [position[name] for name in classes]
        return VideoScores(
            tuple(classes), {video: scores[columns] for video, scores in self.scores.items()}, self.source
        )


def read_video_scores(settings: "Fusion") -> VideoScores:
    """Read the file that the section ``fusion`` names.

    Raises ValueError that names the file, the video and the value where the file has not the form of its source, or a
    score is negative or not finite.
    """
    path = Path(settings.scores)
    if settings.source == "cuhk":
        classes, rows = _read_cuhk(path)
    else:
        classes, rows = _read_untrimmednet(path, settings.video_list, settings.class_list)
    if not classes:
        raise ValueError(f"{path} has no scores of any class")
    if settings.softmax:
        rows = {video: _softmax(row) for video, row in rows.items()}
    for video, row in rows.items():
        wrong = np.flatnonzero(~(np.isfinite(row) & (row >= 0)))
        if wrong.size:
            raise ValueError(
                f"{path}: video '{video}': score {row[wrong[0]]} of class '{classes[wrong[0]]}' should be a finite "
                "number >= 0; for logits say softmax"
            )
    found = VideoScores(tuple(classes), rows, str(path))
    ucf101 = settings.source == "untrimmednet" and not settings.class_list
    return found.of_classes(tuple(UCF101_NUMBERS)) if ucf101 else found


def _read_cuhk(path: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """Classes, and the scores [C] of every video, from either form."""
    loaded = read_json(path)
    results = loaded.get("results") if isinstance(loaded, dict) else None
    if not isinstance(results, dict):
        raise ValueError(f'{path} should have "results": a mapping from videos to class scores')
    if "class" not in loaded:
        return _from_pairs(path, results)
    classes = loaded["class"]
    named = isinstance(classes, list) and all(isinstance(name, str) for name in classes)
    if not named or len(set(classes)) < len(classes):
        raise ValueError(f'{path}: "class" should be a list of names, none twice')
    rows = {}
    for video, scores in results.items():
        rows[video] = _numbers(path, video, scores)
        if rows[video].shape != (len(classes),):
            raise ValueError(
                f"{path}: video '{video}' has scores of shape {rows[video].shape}, not of {len(classes)} classes"
            )
    return classes, rows


class _Score(TypedDict):
    label: str
    score: float


def _from_pairs(path: Path, results: Mapping[str, Any]) -> tuple[list[str], dict[str, np.ndarray]]:
    listed: dict[str, dict[str, Any]] = {}
    for video, entries in results.items():
        entries = checked(list[_Score], entries, f'{path}: video \'{video}\' should be a list of {{"label", "score"}}')
        listed[video] = {entry["label"]: entry["score"] for entry in entries}
        if len(listed[video]) < len(entries):
            raise ValueError(f"{path}: video '{video}' has a class twice")
    classes = sorted({name for own in listed.values() for name in own})
    rows = {video: _numbers(path, video, [own.get(name, 0.0) for name in classes]) for video, own in listed.items()}
    return classes, rows


def _read_untrimmednet(
    path: Path, video_list: str | None, class_list: str | None
) -> tuple[list[str], dict[str, np.ndarray]]:
    """Classes of the columns, and the scores of every row."""
    try:
        array = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{path} is not an array of numbers (.npy): {error}") from error
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.floating):
        raise ValueError(
            f"{path}: array of {array.dtype}, shape {array.shape}, should be floating-point [videos, classes]"
        )
    if class_list is None and array.shape[1] != UCF101_CLASSES:
        raise ValueError(
            f"{path} has {array.shape[1]} columns, not the {UCF101_CLASSES} classes of UCF101; name them by class_list"
        )
    videos = _read_names(video_list, array.shape[0], path) or [
        f"video_test_{row:07d}" for row in range(1, len(array) + 1)
    ]
    classes = _read_names(class_list, array.shape[1], path) or _ucf101()
    return classes, dict(zip(videos, array.astype(np.float64), strict=True))


def _read_names(path: str | None, count: int, array: Path) -> list[str] | None:
    """``count`` names, one a line."""
    if path is None:
        return None
    names = read_text(path).splitlines()
    if len(names) != count or len(set(names)) < count:
        raise ValueError(f"{path}: {len(names)} names should be those of {array}, {count}, none twice")
    return names


def _ucf101() -> list[str]:
    """Classes of UCF101, those that are not detected by their number."""
    names = {number: name for name, number in UCF101_NUMBERS.items()}
    return [names.get(number, f"UCF101 class {number}") for number in range(1, UCF101_CLASSES + 1)]


def _numbers(path: Path, video: str, scores: Any) -> np.ndarray:
    return np.asarray(
        checked(list[float], scores, f"{path}: video '{video}': scores should be numbers"), dtype=np.float64
    )


def _softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()
