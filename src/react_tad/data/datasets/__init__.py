"""One module a data set. To add one, add a file here and a block of its name under ``datasets`` in ``params.yaml``.

A block of another name that says ``kind: MODULE`` is one more data set of that kind.

A data set's module has (see :class:`DataSet`):

- ``OPTIONS``: its own closed options, a :class:`react_tad.params.Section`;
- ``CLASSES``: the names of its classes; none where the annotations say which there are (``Prepared.classes``);
- ``LICENCE`` and ``CITATION``: written beside the files that are fetched;
- ``published(options)``: the files that it is made from (none for data that are generated);
- ``expected_counts(options)``: what has to be in them;
- ``prepare(raw_directory, options)``: turns them into recordings;
- ``own_splits(options, directory, where)``, where the user's own files are read: what each split consists of; such a
  module prepares the splits that it is asked for, and has ``IN_CONTENT``, the options that nothing but this depends on;
- ``standardise(prepared)``, where something is computed from the training recordings: called once it is known which
  those are, which a fold changes;
- ``FOLDS_BY``, if recordings stay together by more than ``video`` (:mod:`react_tad.params.folds`), and
  ``group_counts(options)``: how many groups there are by each, as far as that is known before the files are there;
- ``check_options(options, where)``, if there are options that can contradict each other;
- ``read_signal(path, source)``, where features are computed here: a new recording from its raw signal in a file, with
  the features that a model of this data set wants;
- ``examine(files, options)``, if a file may miss and the others can be looked at all the same: says all that is wrong
  at once, for ``react-tad data check``.

Whatever is done with the recordings afterwards is the same for every data set.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from react_tad.data.annotations import Instance, Video
from react_tad.data.problems import Problem
from react_tad.data.published import Published
from react_tad.params.section import ParameterError, Section, data_set_of, parse_object, validated


@dataclass(frozen=True, eq=False)
class LazyFeatures:
    """Features of a known shape that are read from their file when NumPy asks for them, and not kept.

    So a data set of any size is converted with one recording in memory at a time.
    """

    shape: tuple[int, int]
    """(snippets, dimension)."""
    load: Callable[[], np.ndarray]
    """Reads them, ``[snippets, dimension]``."""

    def __len__(self) -> int:
        """Give the number of snippets."""
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Read the features."""
        features = np.asarray(self.load(), dtype)
        if features.shape != self.shape:
            raise ValueError(
                f"features of shape {list(features.shape)} were read where {list(self.shape)} were expected"
            )
        return features


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording: its annotations, and its features with their place in time."""

    video: str
    subset: str
    """``training``, ``validation``, ``test`` or ``new``."""
    duration: float
    """In seconds."""
    instances: tuple[Instance, ...]
    features: np.ndarray | LazyFeatures
    """Numbers ``[snippets, dimension]``; each recording is read once and let go."""
    seconds_per_snippet: float
    first_center_seconds: float
    """Time of the centre of the first snippet."""
    ambiguous: tuple[Instance, ...] = ()
    """Segments that the annotators could not decide on; see :data:`react_tad.data.annotations.AMBIGUOUS`."""
    fps: float | None = None
    """Frames a second of the video, where there are frames."""
    group: str | None = None
    """The person, the venue, the film that it is of; see :func:`react_tad.data.annotations.group_of`."""

    @property
    def annotated(self) -> Video:
        """The annotations alone."""
        return Video(self.subset, self.duration, self.instances, self.ambiguous, self.fps, self.group)


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A whole data set, ready to be written."""

    recordings: Sequence[Recording]
    source: dict[str, Any] = field(default_factory=dict)
    """How the features were made, as JSON; kept in every feature manifest."""
    source_of_split: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """The same for what concerns one split."""
    classes: tuple[str, ...] | None = None
    """Names of the classes, where the annotations say which there are; ``None``: the module's ``CLASSES``."""
    without_features: Mapping[str, Video] = field(default_factory=dict)
    """Videos that have no features and stay in the ground truth all the same, where they count as not detected."""
    notes: tuple[str, ...] = ()
    """Lines about what was found in the data, for the screen."""
    dtype: Literal["float32", "float16"] = "float32"
    """Type of the numbers on disk."""
    annotated: Mapping[str, Video] = field(default_factory=dict)
    """Annotations of all splits, where only some were prepared; for counts on the screen."""
    time_base: str = ""
    """Where the times of snippets come from, for the screen."""


@dataclass(frozen=True)
class OwnSplit:
    """What a split of the user's own data consists of."""

    content: str
    """Digest of all that it is made from."""
    listing: Mapping[str, Any]
    """What was seen of each recording's features, or of its film: its checksum, and more."""
    films: Mapping[str, Path] = field(default_factory=dict)
    """Where the recordings' films are, if features are extracted from them."""
    backbone: str = ""
    """Digest of the network that they are extracted by."""


@dataclass(frozen=True)
class Examined:
    """What is there of a data set before it is converted, and all that is wrong with it."""

    videos: Mapping[str, Video]
    """Annotated videos whose duration is known."""
    recordings: Sequence[Recording]
    """Those of them that have features."""
    problems: Sequence[Problem]
    classes: tuple[str, ...] = ()
    """Names of the classes, where the annotations say which there are."""
    notes: tuple[str, ...] = ()
    """Lines about what was found, as in :class:`Prepared`."""
    time_base: str = ""


class DataSet(Protocol):
    """What a module of this package has to offer."""

    OPTIONS: type[Section]
    CLASSES: tuple[str, ...]
    LICENCE: str
    CITATION: str

    def published(self, options: Any) -> Mapping[str, Sequence[Published]]:
        """Files that the data set is made from: their names in the raw folder, and the published versions of each.

        Versions have the same content of interest, such as an archive and its repackaged copy.
        """

    def expected_counts(self, options: Any) -> Mapping[str, int]:
        """What has to be in these files, such as the number of recordings, by name."""

    def prepare(self, raw_directory: Path, options: Any) -> Prepared:
        """Annotations and features of every recording."""


def is_own(dataset: DataSet) -> bool:
    """Whether a data set is made of the user's own files, which are read where they are."""
    return hasattr(dataset, "own_splits")


def without_places(dataset: DataSet, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options without those that only say where the user's own files are, and which of them each split has."""
    return {key: value for key, value in options.items() if key not in getattr(dataset, "IN_CONTENT", ())}


def standardised(dataset: DataSet, prepared: Prepared) -> Prepared:
    """With what the data set computes from its training recordings, if it does so; their splits are final."""
    return dataset.standardise(prepared) if hasattr(dataset, "standardise") else prepared


def parse_options(dataset: DataSet, given: Mapping[str, Any], where: str) -> Any:
    """The data set's options, checked; a :class:`ValueError` names ``where`` they are."""
    options = validated(dataset.OPTIONS, given, where)
    if hasattr(dataset, "check_options"):
        dataset.check_options(options, where)
    return options


def available() -> list[str]:
    """Names of the data sets that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def find(name: str, where: str = "") -> DataSet:
    """The module of data set ``name``, or of the data sets of that kind; a :class:`ValueError` lists those that exist.

    ``where`` is what says so, for the message.
    """
    if name not in available():
        said = f"{where}: " if where else ""
        raise ValueError(
            f"{said}no data set '{name}' in {__name__}; there are {', '.join(available())}. A block of another name "
            "says which of them it is like, as in kind: custom"
        )
    return importlib.import_module(f"{__name__}.{name}")  # type: ignore[return-value]


def of_cfg(cfg: str, places: str | None = None) -> tuple[str, DataSet, Any]:
    """What a step's ``--cfg`` says: the name of a data set, the module of its kind, and its options.

    ``places`` is JSON with those options that say where the user's own files are; they are no parameters of a step.
    """
    loaded, place = parse_object(cfg, "--cfg"), parse_object(places or "{}", "--places")
    name, given = data_set_of(cfg)
    dataset = find(loaded.get("kind", name), f"datasets.{name}.kind" if "kind" in loaded else "")
    if not isinstance(given, dict):
        raise ParameterError(f"--cfg: options = {given!r} should be an object")
    return name, dataset, parse_options(dataset, given | place, f"datasets.{name}.options")
