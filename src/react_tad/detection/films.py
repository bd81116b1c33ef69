"""New films: their features are extracted as those were that the model was trained on."""

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from react_tad.data.sidecars import read_object
from react_tad.data.video_files import SUFFIXES, find_videos, videos_below
from react_tad.extraction.description import Extraction
from react_tad.params.section import validated

ROUNDING = ("backbone.precision",)
"""What may differ: a CPU computes in float32, whatever was computed in before."""


class FilmError(ValueError):
    """Films or features that do not go together with a model; names them, and what the model wants."""


@dataclass(frozen=True)
class Extracted:
    """Features of films, in files that are there for a while."""

    paths: list[Path]
    """What was given, with files of features in the place of films."""
    films: Mapping[Path, Path] = field(default_factory=dict)
    """The film that each file of features is of."""
    failed: tuple[str, ...] = ()
    """Films that gave none, a line each."""


def described(source: Mapping[str, Any], where: str) -> Extraction | None:
    """How the features that a model was trained on were extracted, as the source in its ``model.json`` says."""
    found = source.get("extraction")
    return validated(Extraction, found, f"{where}: extraction") if found else None


def check_extraction(beside: Path, source: Mapping[str, Any], where: str) -> None:
    """Refuse features that were extracted otherwise than those of a model, as the file ``beside`` them says.

    Raises:
        FilmError: names what is not the same.

    """
    wanted = described(source, "the model")
    found = read_object(beside).get("extraction") if wanted and beside.is_file() else None
    if not found:
        return
    made = validated(Extraction, found, f"{beside}: extraction")
    lines = [line for line in made.differences(wanted) if line.split(" is ")[0] not in ROUNDING]
    if lines:
        raise FilmError(
            f"{where}: extracted otherwise than the features that the model was trained on, as {beside.name} says: "
            f"{'; '.join(lines)} in the model. Give the film itself, or extract it as the model wants"
        )


def films_among(path: Path, features: Iterable[str]) -> list[Path]:
    """The films that ``path`` stands for: itself, or those in and below a folder without files of ``features``."""
    if path.is_file():
        return [path] if path.suffix.lower() in SUFFIXES else []
    if not path.is_dir() or any(file.suffix.lower() in features for file in path.iterdir()):
        return []
    return list(videos_below(path))


@contextlib.contextmanager
def extracted(
    paths: Iterable[Path],
    features: Iterable[str],
    source: Mapping[str, Any],
    *,
    where: str,
    backbone: str | Path | None = None,
    device: Any = "cpu",
    threads: int = 1,
    progress: bool = False,
) -> Iterator[Extracted]:
    """Extract the features of the films among ``paths`` into a folder that is gone after the block.

    Args:
        paths: files and folders.
        features: suffixes of files of features; a folder that has some is none of films.
        source: of the features of the model.
        where: the model, for messages.
        backbone: where the network's folder is now, if not where it was.
        device: to compute on.
        threads: to decode on.
        progress: show a bar a film.

    Raises:
        FilmError: the model was not trained on features that were extracted here, or no film could be used.
        BackboneError: the network is not there, or another one is.
        VideoError: two films have the same name.

    """
    paths = list(paths)
    found = {path: films_among(path, features) for path in paths}
    if not any(found.values()):
        yield Extracted(paths)
        return
    first = next(films[0] for films in found.values() if films)
    how = described(source, where)
    if how is None:
        raise FilmError(
            f"{first}: {where} was not trained on features that 'react-tad extract' made, or nothing said so (time: "
            "sidecar); give features as it wants them"
        )
    videos = find_videos(dict.fromkeys(film for films in found.values() for film in films))
    with tempfile.TemporaryDirectory(prefix="react-tad-") as folder:
        failed = _extract(videos, how, Path(folder), backbone, device, threads, progress)
        names = {film: name for name, film in videos.items()}
        arrays = {path: [Path(folder) / f"{names[film]}.npy" for film in films] for path, films in found.items()}
        there = [array for path in paths for array in (arrays[path] or [path]) if not found[path] or array.is_file()]
        if not there:
            raise FilmError("\n".join(failed))
        films = {Path(folder) / f"{name}.npy": film for name, film in videos.items()}
        yield Extracted(there, films, tuple(failed))


def _extract(
    videos: Mapping[str, Path],
    how: Extraction,
    folder: Path,
    backbone: str | Path | None,
    device: Any,
    threads: int,
    progress: bool,
) -> list[str]:
    """Write features; gives a line on each film that gave none."""
    from react_tad.extraction.backbone import BackboneError, reload_backbone
    from react_tad.extraction.folder import extract_each

    try:
        network = reload_backbone(how.backbone, folder=backbone, device=device)
    except BackboneError as error:
        raise BackboneError(f"{error} (--backbone FOLDER, backbone=FOLDER in Python)") from error
    how = how.model_copy(update={"backbone": network.description})
    _, failed = extract_each(videos, network, how, folder, threads=threads, progress=progress)
    return failed
