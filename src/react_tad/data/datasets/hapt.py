"""HAPT: activities and postural transitions of 30 people, from a smartphone at the waist (Reyes-Ortiz et al. 2015).

61 recordings of acceleration (g) and angular velocity (rad/s), 3 axes each at 50 Hz; 12 classes, six of them
transitions of a few seconds; 27 % of the time is unlabelled. UCI data set 341.

Splits: the published test users; of the other 21, four are held out for validation and 17 train.

A snippet is one second (50 samples), and neighbours overlap by half. Samples after the last whole snippet are left out.
"""

import io
import itertools
import lzma
import re
import tarfile
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tqdm import tqdm

from react_tad.data.annotations import Instance
from react_tad.data.datasets import LazyFeatures, Prepared, Recording
from react_tad.data.published import Published
from react_tad.params.section import Section

CLASSES = (
    "WALKING",
    "WALKING_UPSTAIRS",
    "WALKING_DOWNSTAIRS",
    "SITTING",
    "STANDING",
    "LAYING",
    "STAND_TO_SIT",
    "SIT_TO_STAND",
    "SIT_TO_LIE",
    "LIE_TO_SIT",
    "STAND_TO_LIE",
    "LIE_TO_STAND",
)
"""In the order of the published activity numbers, which start at 1."""
ARCHIVE = "archive"
"""Its name in the raw folder, whichever version it is."""
LICENCE = "CC BY 4.0"
CITATION = (
    "Reyes-Ortiz, Oneto, Sama, Parra, Anguita: Transition-Aware Human Activity Recognition Using Smartphones. "
    "Neurocomputing, 2015. UCI Machine Learning Repository, https://doi.org/10.24432/C54G7M"
)

VERSIONS = (
    Published(
        name="smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
        sha256="4ac4ae064227c07045a99551876b54d204837e995e298b6488559e209b3deb09",
        bytes=79_596_192,
        url="https://archive.ics.uci.edu/static/public/341/"
        "smartphone+based+recognition+of+human+activities+and+postural+transitions.zip",
    ),
    Published(
        name="hapt_rawdata.tar.xz",
        sha256="e93ffae4aa1afdae007f9c7080cc12817cfb715d3b81dd2aa2bf2abdfb931f9a",
        bytes=13_588_476,
    ),
)
"""The published archive, and a repackaged copy of its folder ``RawData`` for mirrors."""

TEST_USERS = frozenset({2, 4, 9, 10, 12, 13, 18, 20, 24})
"""As published."""
VALIDATION_USERS = frozenset({5, 14, 21, 26})
"""Each went through the protocol twice and has every class, in the proportions of the whole (40 segments a user)."""

FOLDS_BY = ("user", "video")
EXPECTED_COUNTS = {
    "recordings": 61,
    "users": 30,
    "samples": 1_122_772,
    "segments": 1214,
    "recordings of the test users": 19,
    "segments of the test users": 365,
    **{
        f"segments of {name}": count
        for name, count in zip(CLASSES, (127, 183, 186, 120, 120, 120, 60, 62, 60, 60, 58, 58), strict=True)
    },
}

SAMPLES_PER_SECOND = 50
SNIPPET_SAMPLES = 50
HOP_SAMPLES = 25
PART_SNIPPETS = 16384
"""Snippets of a new recording that are described at a time: more than any recording of the data set has."""
HIGHEST_HERTZ = 15
"""Human movement hardly reaches beyond."""
POWER_FLOOR = 1e-4
"""Keeps the logarithm of the spectrum from following the sensors' own noise at rest."""


class Options(Section):
    """How snippets are described."""

    features: Literal["statistics", "raw"] = "statistics"
    """``statistics``: see :func:`statistics`; ``raw``: the 300 samples of a snippet."""


OPTIONS = Options


@dataclass(frozen=True)
class Experiment:
    """One recording as published."""

    number: int
    user: int
    signal: np.ndarray
    """Acceleration x, y, z in g, then angular velocity x, y, z in rad/s, ``[samples, 6]``."""
    labels: np.ndarray
    """Activity number, first and last sample (from 1, last included), int ``[segments, 3]``."""


def published(options: Options) -> dict[str, Sequence[Published]]:
    """The archive; it is kept as it is, whichever version it is."""
    return {ARCHIVE: VERSIONS}


def expected_counts(options: Options) -> dict[str, int]:
    """The published counts."""
    return EXPECTED_COUNTS


def group_counts(options: Options) -> dict[str, int]:
    """As published."""
    return {"user": EXPECTED_COUNTS["users"], "video": EXPECTED_COUNTS["recordings"]}


def prepare(raw_directory: Path, options: Options) -> Prepared:
    """Read the archive, check that it is complete, and describe every snippet."""
    archive = Path(raw_directory) / ARCHIVE
    experiments = read_experiments(archive)
    check_counts(experiments, archive)
    describe = DESCRIBE[options.features]
    recordings = [make_recording(experiment, describe) for experiment in tqdm(experiments, "describing", delay=2)]
    return Prepared(
        recordings=recordings,
        source={
            "samples_per_second": SAMPLES_PER_SECOND,
            "snippet_samples": SNIPPET_SAMPLES,
            "hop_samples": HOP_SAMPLES,
        },
        time_base=f"one every {HOP_SAMPLES} samples at {SAMPLES_PER_SECOND} Hz",
    )


def standardise(prepared: Prepared) -> Prepared:
    """Features with mean and standard deviation of those of the training split taken out."""
    seen = np.concatenate([item.features for item in prepared.recordings if item.subset == "training"])
    mean, deviation = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
    return replace(
        prepared,
        recordings=[
            replace(item, features=standardised(item.features, mean, deviation)) for item in prepared.recordings
        ],
        source=prepared.source
        | {"standardised_on": "training", "mean": mean.tolist(), "standard_deviation": deviation.tolist()},
    )


def standardised(features: np.ndarray, mean: np.ndarray, deviation: np.ndarray) -> np.ndarray:
    """Features ``[snippets, dimension]`` with the mean and standard deviation ``[dimension]`` of training taken out."""
    return (features - mean) / deviation


def read_signal(path: Path, source: Mapping[str, Any]) -> Recording:
    """A new recording from its raw signal, described and standardised as the recordings that a model was trained on.

    Args:
        path: a table of six columns at 50 Hz, as :class:`Experiment` has them, separated by commas, semicolons or
            spaces; a first line may name them.
        source: how the features of training were made, from their manifest.

    Returns:
        The recording; its features are computed when they are asked for.

    Raises:
        ValueError: names the file, and what is wrong: another number of columns, text, a number that is not finite,
            less than one snippet.

    """
    samples = len(read_table(path))
    snippets = (samples - SNIPPET_SAMPLES) // HOP_SAMPLES + 1
    shape = (snippets, len(source["mean"]))
    return Recording(
        video=path.stem,
        subset="new",
        duration=samples / SAMPLES_PER_SECOND,
        instances=(),
        features=LazyFeatures(shape, partial(_describe_file, path, source)),
        seconds_per_snippet=HOP_SAMPLES / SAMPLES_PER_SECOND,
        first_center_seconds=SNIPPET_SAMPLES / 2 / SAMPLES_PER_SECOND,
    )


def _describe_file(path: Path, source: Mapping[str, Any]) -> np.ndarray:
    signal, describe = read_table(path), DESCRIBE[source["options"]["features"]]
    mean, deviation = np.array(source["mean"]), np.array(source["standard_deviation"])
    return np.concatenate([standardised(describe(part), mean, deviation) for part in parts(signal)])


def parts(signal: np.ndarray, snippets: int = PART_SNIPPETS) -> Iterator[np.ndarray]:
    """Stretches of ``[samples, channels]`` with so many whole snippets each, the last with the rest.

    Every snippet of the signal is in one of them. A day is described part by part, since that takes many times the
    memory of the signal.
    """
    total = (len(signal) - SNIPPET_SAMPLES) // HOP_SAMPLES + 1
    for first in range(0, total, snippets):
        last = min(first + snippets, total) - 1
        yield signal[first * HOP_SAMPLES : last * HOP_SAMPLES + SNIPPET_SAMPLES]


def read_table(path: Path) -> np.ndarray:
    """A raw signal from a text file, ``[samples, 6]``; raises as :func:`read_signal` does."""
    columns = "acceleration x, y, z in g and angular velocity x, y, z in rad/s, 50 rows a second"
    try:
        with open(path, encoding="utf-8-sig") as handle:
            first = handle.readline()
            separator = next((each for each in ",;" if each in first), None)
            skipped = 0 if _is_numbers(first, separator) else 1
            handle.seek(0)
            lines = itertools.islice(handle, skipped, None)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # NumPy's word on a file without rows; ours is below
                table = np.loadtxt(lines, delimiter=separator, ndmin=2)
    except (ValueError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: {error}; it should be a table of numbers: {columns}") from error
    if table.size and table.shape[1] != 6:
        raise ValueError(f"{path} has {table.shape[1]} columns; it should have 6: {columns}")
    if len(table) < SNIPPET_SAMPLES:
        raise ValueError(f"{path} has {len(table)} rows; it should have {SNIPPET_SAMPLES} at least, one second")
    finite = np.isfinite(table).all(axis=1)
    if not finite.all():
        row = int(np.argmin(finite))
        value = table[row][~np.isfinite(table[row])][0]
        raise ValueError(f"{path}: row {row + 1} of its numbers has {value}; all must be finite")
    return table


def _is_numbers(line: str, separator: str | None) -> bool:
    try:
        return bool([float(field) for field in line.split(separator)])
    except ValueError:
        return False


_ACCELERATION = re.compile(r"acc_exp(\d+)_user(\d+)\.txt")


def read_experiments(archive: Path) -> list[Experiment]:
    """Read all recordings from the archive, ordered by number.

    Raises:
        ValueError: the archive is damaged, or a file in it is missing or not what it should be.

    """
    files = _read_raw_data(archive)
    labels = _table(files, "labels.txt", 5, archive).astype(int)
    names = sorted(name for name in files if _ACCELERATION.fullmatch(name))
    experiments = []
    for name in tqdm(names, "reading", unit="recording", delay=2):
        number, user = map(int, _ACCELERATION.fullmatch(name).groups())
        acceleration = _table(files, name, 3, archive)
        rotation = _table(files, name.replace("acc_", "gyro_"), 3, archive)
        if len(acceleration) != len(rotation):
            raise ValueError(
                f"{archive}: {name} has {len(acceleration)} samples and its gyro file {len(rotation)}; expected as many"
            )
        own = labels[(labels[:, 0] == number) & (labels[:, 1] == user), 2:]
        experiments.append(Experiment(number, user, np.hstack([acceleration, rotation]), own[np.argsort(own[:, 1])]))
    return experiments


def _read_raw_data(archive: Path) -> dict[str, bytes]:
    """Give the content of the files in ``RawData/`` by name; nothing is unpacked to disk."""
    try:
        return {
            name.rpartition("RawData/")[2]: content
            for name, content in _members(archive)
            if "RawData/" in name and name.endswith(".txt")
        }
    except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, EOFError, OSError) as error:
        raise ValueError(
            f"{archive} is not a whole zip or tar archive ({error}); run 'react-tad fetch' again"
        ) from error


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                yield name, opened.read(name)
    else:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile():
                    yield member.name, opened.extractfile(member).read()


def _table(files: Mapping[str, bytes], name: str, columns: int, archive: Path) -> np.ndarray:
    if name not in files:
        raise ValueError(f"{archive}: RawData/{name} is missing")
    try:
        table = np.loadtxt(io.BytesIO(files[name]), ndmin=2)
    except ValueError as error:
        raise ValueError(f"{archive}: RawData/{name}: {error}") from error
    if table.shape[1] != columns:
        raise ValueError(f"{archive}: RawData/{name} has {table.shape[1]} columns; expected {columns}")
    return table


def check_counts(experiments: Sequence[Experiment], archive: Path) -> None:
    """Compare with the published counts; a :class:`ValueError` names those that differ."""
    test = [item for item in experiments if item.user in TEST_USERS]
    activities = Counter(int(number) for item in experiments for number in item.labels[:, 0])
    found = {
        "recordings": len(experiments),
        "users": len({item.user for item in experiments}),
        "samples": sum(len(item.signal) for item in experiments),
        "segments": sum(len(item.labels) for item in experiments),
        "recordings of the test users": len(test),
        "segments of the test users": sum(len(item.labels) for item in test),
        **{f"segments of {name}": activities[number] for number, name in enumerate(CLASSES, start=1)},
    }
    wrong = [
        f"{name}: {found[name]}, expected {expected}"
        for name, expected in EXPECTED_COUNTS.items()
        if found[name] != expected
    ]
    if wrong:
        raise ValueError(f"{archive} is not the published data: {'; '.join(wrong)}")


def make_recording(experiment: Experiment, describe: Any) -> Recording:
    """Turn samples and sample numbers into snippets and seconds; ``describe`` makes features of snippets."""
    user = experiment.user
    subset = "test" if user in TEST_USERS else "validation" if user in VALIDATION_USERS else "training"
    return Recording(
        video=f"exp{experiment.number:02d}_user{user:02d}",
        subset=subset,
        group=f"user{user:02d}",
        duration=len(experiment.signal) / SAMPLES_PER_SECOND,
        instances=tuple(
            # The last sample is part of the segment, which therefore ends where the next sample starts.
            Instance(CLASSES[activity - 1], (first - 1) / SAMPLES_PER_SECOND, last / SAMPLES_PER_SECOND)
            for activity, first, last in experiment.labels.tolist()
        ),
        features=describe(experiment.signal),
        seconds_per_snippet=HOP_SAMPLES / SAMPLES_PER_SECOND,
        first_center_seconds=SNIPPET_SAMPLES / 2 / SAMPLES_PER_SECOND,
    )


def raw_samples(signal: np.ndarray) -> np.ndarray:
    """Give the samples of each snippet, channel by channel: ``[samples, 6]`` to ``[snippets, 300]``."""
    snippets = _snippets(signal)
    return snippets.reshape(len(snippets), -1)


def statistics(signal: np.ndarray) -> np.ndarray:
    """Describe each snippet: ``[samples, 6]`` to ``[snippets, 8 * 20]``.

    The channels are the six axes, and the norms of acceleration and of angular velocity, which do not depend on how the
    phone sits. For each: mean (of the acceleration axes: the direction of gravity, which is the posture), standard
    deviation, minimum, maximum, slope in units a second (a change of posture), and the logarithm of the power at 1, 2,
    ... 15 Hz (the gait).
    """
    norms = [np.linalg.norm(signal[:, axes], axis=1, keepdims=True) for axes in (slice(0, 3), slice(3, 6))]
    snippets = _snippets(np.hstack([signal, *norms]))  # [snippets, 8, 50]
    mean = snippets.mean(axis=-1, keepdims=True)
    centered = snippets - mean
    time = (np.arange(SNIPPET_SAMPLES) - (SNIPPET_SAMPLES - 1) / 2) / SAMPLES_PER_SECOND
    slope = (centered * time).sum(axis=-1, keepdims=True) / (time**2).sum()
    spectrum = np.abs(np.fft.rfft(centered * np.hanning(SNIPPET_SAMPLES)))[..., 1 : HIGHEST_HERTZ + 1]
    parts = [
        mean,
        snippets.std(axis=-1, keepdims=True),
        snippets.min(axis=-1, keepdims=True),
        snippets.max(axis=-1, keepdims=True),
        slope,
        np.log(spectrum**2 + POWER_FLOOR),
    ]
    return np.concatenate(parts, axis=-1).reshape(len(snippets), -1)


def _snippets(signal: np.ndarray) -> np.ndarray:
    """Cut ``[samples, channels]`` into overlapping ``[snippets, channels, 50]``."""
    return np.lib.stride_tricks.sliding_window_view(signal, SNIPPET_SAMPLES, axis=0)[::HOP_SAMPLES]


DESCRIBE = {"statistics": statistics, "raw": raw_samples}
"""What makes features of a signal, by the option ``features``."""
