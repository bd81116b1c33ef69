"""The profiles of each data set, read from its file: ``{subset: {name: profile}}``, the first of a subset its default.

A data set without a file here has no profiles, and is evaluated on all that is annotated.
"""

from collections.abc import Collection
from pathlib import Path

from typing_extensions import TypedDict

from react_tad.evaluation.ground_truth import GroundTruth
from react_tad.evaluation.profiles.profile import Profile, apply
from react_tad.files import read_json, read_text
from react_tad.params.section import ParameterError, checked, unknown_key, validated
from react_tad.params.yaml_files import read_yaml

RESERVED = ("all", "default", "none")
"""Words that stand for profiles where one is chosen, and so cannot be names."""


def profile_file(dataset: str) -> Path | None:
    """The file of a data set's profiles, or None if it has none."""
    path = Path(__file__).parent / f"{dataset}.yaml"
    return path if path.is_file() else None


def read_profiles(dataset: str | Path, subset: str) -> dict[str, Profile]:
    """Profiles of one subset by name, in the order of the file; empty if the data set or the subset has none.

    ``dataset`` is the name of a data set, or the path of a file of one's own (``.yaml``). Subset names are compared
    without regard to case. Raises ParameterError that names the file and the entry that is wrong.
    """
    path = Path(dataset) if str(dataset).endswith(".yaml") else profile_file(str(dataset))
    if path is None:
        return {}
    profiles: dict[str, Profile] = {}
    for of_subset, block in read_yaml(path).items():
        if not isinstance(block, dict) or not isinstance(of_subset, str):
            raise ParameterError(f"{path}: '{of_subset}' should be a mapping from names to profiles")
        for name, values in block.items():
            if name in RESERVED:
                raise ParameterError(
                    f"{path}, {of_subset}: no profile can be named '{name}', which has another meaning"
                )
            read = validated(Profile, values or {}, f"{path}, {of_subset}.{name}")
            if of_subset.casefold() == subset.casefold():
                profiles[name] = read
    return profiles


def choose(dataset: str | Path, subset: str, name: str) -> str | None:
    """The profile that a parameter means: ``default`` is the first, if there is one; ``none`` is None.

    Raises ParameterError that names the nearest profile if there is none of that name.
    """
    profiles = read_profiles(dataset, subset)
    if name == "none" or (name == "default" and not profiles):
        return None
    if name == "default":
        return next(iter(profiles))
    if name not in profiles:
        raise _unknown(dataset, subset, name, profiles)
    return name


def needs_features(dataset: str | Path, subset: str) -> bool:
    """Whether a profile leaves out videos without features."""
    return any(profile.leave_out.without_features for profile in read_profiles(dataset, subset).values())


def read_video_names(path: Path) -> list[str]:
    """Names of videos from a text file, one a line, or those of a feature manifest (``.json``)."""
    if path.with_name(path.name.removesuffix(".gz")).suffix != ".json":
        return read_text(path).splitlines()
    return [
        entry["video"]
        for entry in checked(_Manifest, read_json(path), f"{path} should be a feature manifest")["videos"]
    ]


class _Named(TypedDict):
    video: str


class _Manifest(TypedDict):
    """What is looked at of a feature manifest."""

    videos: list[_Named]


def under_profile(
    ground_truth: GroundTruth, dataset: str | Path, name: str, with_features: Collection[str] | None = None
) -> GroundTruth:
    """What the data set's profile ``name`` leaves of one of its subsets; errors as for :func:`choose` and
    :func:`react_tad.evaluation.profiles.profile.apply`.
    """
    profiles = read_profiles(dataset, ground_truth.subset)
    if name not in profiles:
        raise _unknown(dataset, ground_truth.subset, name, profiles)
    return apply(profiles[name], name, ground_truth, with_features)


def _unknown(dataset: str | Path, subset: str, name: str, profiles: dict[str, Profile]) -> ParameterError:
    where = f"profiles of data set '{dataset}', subset '{subset}'"
    if not profiles:
        return ParameterError(f"{where}: there are none, so none is named '{name}'")
    return unknown_key(name, tuple(profiles), where)
