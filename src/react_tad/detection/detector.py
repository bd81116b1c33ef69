"""A trained model, ready for new recordings: from features (or a raw signal, or films) to final detections.

It gives, bit for bit, what the workflow gives for the same recording: the same windows, batches of one recording only,
the same Soft-NMS. Class scores of a video-level classifier (``fusion``) are not applied: a new recording has none.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from react_tad.data.windows import window_starts
from react_tad.detection.detections import Detections
from react_tad.detection.films import extracted, films_among
from react_tad.detection.inference import detect
from react_tad.detection.predictions import FUSED, Predictions, best, check_limits, full
from react_tad.detection.recordings import (
    KINDS,
    NewRecording,
    OpenedRecordings,
    RecordingError,
    Wanted,
    index_windows,
    open_arrays,
    open_files,
)
from react_tad.detection.soft_nms import suppress
from react_tad.detection.stopwatch import Stopwatch
from react_tad.detection.time_base import TimeBase
from react_tad.devices import choose_device, use_threads
from react_tad.params.inference import Inference
from react_tad.params.section import step_params
from react_tad.params.soft_nms import SoftNms
from react_tad.params.windows import Windows
from react_tad.training.batches import WindowSet
from react_tad.training.checkpoints import load_model
from react_tad.training.model_folder import MODEL, ModelError, find_description, read_description

WINDOWS_AT_A_TIME = 4096
"""Recordings are detected together until they have so many windows; a longer one alone."""
ALONE = "recording"
"""Name of a recording that was given without one."""


def _check_complete(description: Mapping[str, Any], path: Path) -> None:
    needed = {
        "features": ("dimension", "dtype", "time", "rescaled_to", "source"),
        "parameters": ("windows", "inference", "soft_nms", "fusion"),
        "dataset": ("name",),
    }
    said = {f"{part}.{key}" for part in needed for key in description.get(part, {})}
    if missing := [f"{part}.{key}" for part, keys in needed.items() for key in keys if f"{part}.{key}" not in said]:
        raise ModelError(f"{path} does not say {', '.join(missing)}; package the model anew")


class Detector:
    """A model's folder that was loaded; :func:`react_tad.load` gives one."""

    def __init__(self, folder: str | Path, *, device: str = "auto", threads: int | None = None):
        """Load the folder that ``react-tad package`` or ``react-tad import`` wrote.

        Args:
            folder: with ``model.safetensors`` and ``model.json``.
            device: ``cpu``, ``cuda`` or ``auto``.
            threads: cores to compute on, deterministically, for the whole process; None leaves torch as it is set. The
                last bits of results may depend on it.

        Raises:
            ModelError: it is no such folder, or its files do not belong together.

        """
        self.where = Path(folder)
        if (path := find_description(self.where)).name != MODEL:
            raise ModelError(
                f"{path}: this folder of a training does not say all that new recordings need; `react-tad package` "
                "makes one that does, in the workflow results/DATASET/models"
            )
        self.description: Mapping[str, Any] = read_description(self.where)
        """What ``model.json`` says."""
        _check_complete(self.description, path)
        if threads is not None:
            use_threads(threads)
        self._threads = threads or 1
        self.device = choose_device(device)
        parameters = self.description["parameters"]
        self._windows = step_params(Windows, parameters, "windows")
        self._inference = step_params(Inference, parameters, "inference").model_dump(exclude={"split"})
        self._soft_nms = step_params(SoftNms, parameters, "soft_nms").model_dump()
        self._wanted = Wanted.of(self.description)
        self._model = load_model(self.where).model.to(self.device).eval()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(self.description["classes"])

    @property
    def dimension(self) -> int:
        """Features a snippet."""
        return self._wanted.dimension

    @property
    def metrics(self) -> Mapping[str, Any] | None:
        """What its own run measured, as ``react-tad evaluate`` writes it; None if nothing was."""
        return self.description["metrics"]

    def __repr__(self) -> str:
        """Say which model it is."""
        return f"<Detector {self.where}: {len(self.classes)} classes, features [snippets, {self.dimension}]>"

    def predict(
        self,
        features: Any,
        *,
        seconds_per_snippet: float | None = None,
        first_center_seconds: float | None = None,
        duration: float | None = None,
        min_score: float = 0.0,
        top: int | None = None,
        progress: bool = False,
    ) -> Predictions:
        """Detect in features that are in memory, or mapped.

        Args:
            features: numbers ``[snippets, dimension]`` of one recording, or a mapping from names to such arrays.
            seconds_per_snippet: time from one snippet to the next; the model's, if it is not given.
            first_center_seconds: time of the centre of the first snippet; that of the model if it gives the time
                between snippets too, half a snippet otherwise.
            duration: length of the recording in seconds, what segments are cut to; the end of the last snippet, if it
                is not given.
            min_score: leave out detections with a lower score.
            top: the best so many of each recording, in the place of what the model keeps (``soft_nms.keep``).
            progress: show a bar.

        Raises:
            RecordingError: arrays that the model cannot read; names each, and what is wrong.

        """
        arrays = features if isinstance(features, Mapping) else {ALONE: features}
        said = TimeBase(seconds_per_snippet, first_center_seconds, duration).check("predict")
        watch = Stopwatch()
        with watch.stage("read"):
            recordings = open_arrays(arrays, self._wanted, said)
        return self._run(recordings, watch, min_score=min_score, top=top, progress=progress)

    def predict_files(
        self,
        paths: str | os.PathLike | Iterable[str | os.PathLike],
        *,
        seconds_per_snippet: float | None = None,
        first_center_seconds: float | None = None,
        duration: float | None = None,
        min_score: float = 0.0,
        top: int | None = None,
        backbone: str | os.PathLike | None = None,
        progress: bool = False,
    ) -> Predictions:
        """Detect in files of features (``.npy``, HDF5), in folders of them, in raw signals (``.csv``), or in films.

        The arguments are those of :meth:`predict`. What is not given is taken from ``VIDEO.json`` beside a file first.
        ``backbone`` is the folder of the network that the features of films were extracted by, if it was moved.
        Films that cannot be used are named in :attr:`Predictions.failed`, and the others go on.

        Raises:
            RecordingError: files that the model cannot read, all of them at once, before anything is computed.
            FilmError: the model was not trained on features of films, or no film can be used.
            BackboneError: the network is not there, or another one is.

        """
        paths = [paths] if isinstance(paths, str | os.PathLike) else paths
        said = TimeBase(seconds_per_snippet, first_center_seconds, duration).check("predict")
        check_limits(min_score=min_score, top=top)
        watch = Stopwatch()
        given = [Path(path) for path in paths]
        films = [path for path in given if films_among(path, KINDS)]
        with watch.stage("read"):
            recordings = open_files([path for path in given if path not in films], self._wanted, said)
        if not films:
            return self._run(recordings, watch, min_score=min_score, top=top, progress=progress)
        self._check_times_of_films(films[0], said)
        with contextlib.ExitStack() as stack:
            how = {"device": self.device, "threads": self._threads, "progress": progress, "backbone": backbone}
            with watch.stage("extract"):
                made = stack.enter_context(
                    extracted(given, KINDS, self._wanted.source, where=f"the model {self.where}", **how)
                )
            with watch.stage("read"):
                recordings = open_files(made.paths, self._wanted, said, films=made.films)
            found = self._run(recordings, watch, min_score=min_score, top=top, progress=progress)
        return replace(found, failed=made.failed)

    def _check_times_of_films(self, film: Path, said: TimeBase) -> None:
        for key in ("seconds_per_snippet", "first_center_seconds"):
            if getattr(said, key) is not None:
                raise RecordingError(f"{key} is given, and {film} is a film, which says itself when its snippets are")

    def _run(
        self, recordings: list[NewRecording], watch: Stopwatch, *, min_score: float, top: int | None, progress: bool
    ) -> Predictions:
        check_limits(min_score=min_score, top=top)
        with watch.stage("read"):
            faults = list(OpenedRecordings(recordings, self._wanted).check_numbers())
        if faults:
            raise RecordingError("\n".join(faults))
        total = sum(map(self._count, recordings))
        parts = []
        with tqdm(desc="detect", total=total, unit="window", disable=not progress) as bar:
            for together in self._together(recordings):
                parts.append(
                    best(self._detect(together, watch, bar, top or self._soft_nms["keep"]), min_score=min_score)
                )
        fused = self.description["parameters"]["fusion"]["enabled"]
        detections = self._joined(recordings, parts)
        return Predictions(
            detections=detections,
            durations={recording.video: recording.time.duration for recording in recordings},
            windows=total,
            seconds=watch.seconds,
            notes=(
                *[FUSED] * fused,
                *[note for note in [full(detections, self._soft_nms["keep"])] if note and top is None],
            ),
        )

    def _detect(self, recordings: list[NewRecording], watch: Stopwatch, bar: tqdm, keep: int) -> Detections:
        store = OpenedRecordings(recordings, self._wanted)
        windows = WindowSet([(store, index_windows(store, self.classes, self._windows))])
        raw = detect(
            self._model,
            windows,
            {recording.video: recording.time.duration for recording in recordings},
            **self._inference,
            device=self.device,
            advance=bar.update,
            watch=watch,
        )
        with watch.stage("Soft-NMS"):
            return suppress(raw, **self._soft_nms | {"keep": keep})

    def _count(self, recording: NewRecording) -> int:
        how = self._windows
        return len(window_starts(len(recording.features), length=how.length, stride=how.stride))

    def _together(self, recordings: list[NewRecording]) -> Iterator[list[NewRecording]]:
        waiting, count = [], 0
        for recording in recordings:
            own = self._count(recording)
            if waiting and count + own > WINDOWS_AT_A_TIME:
                yield waiting
                waiting, count = [], 0
            waiting.append(recording)
            count += own
        if waiting:
            yield waiting

    def _joined(self, recordings: list[NewRecording], parts: list[Detections]) -> Detections:
        """The parts one after the other."""
        first = np.cumsum([0, *(len(part.videos) for part in parts)])
        columns = {
            name: np.concatenate([getattr(part, name) for part in parts] or [np.empty(0)])
            for name in ("start", "end", "label", "score")
        }
        video = [part.video + offset for part, offset in zip(parts, first, strict=False)]
        return Detections(
            videos=tuple(recording.video for recording in recordings),
            classes=self.classes,
            video=np.concatenate(video or [np.empty(0)]),
            **columns,
            source=f"detections of {self.where}",
        )
