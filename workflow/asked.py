"""What is asked for: ``params.yaml`` changed by ``--config``, checked while the workflow is parsed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from react_tad.data import datasets, own_files, own_films
from react_tad.data.annotations import NEW, SUBSETS
from react_tad.data.folds import check_folds
from react_tad.evaluation.profiles import catalogue
from react_tad.files import read_json
from react_tad.params.experiment import Experiment, Params
from react_tad.params.folds import read_folds
from react_tad.params.section import known_keys, unknown_key
from react_tad.training.model_folder import WEIGHTS

OPTIONS = ("dataset", "folds", "options", "seeds", "study_seeds", "overrides", "device", "features_on_device")
"""What ``--config`` may give."""
DEVICES = ("cpu", "cuda", "auto")


def typed(value: Any) -> Any:
    """What ``--config`` gives as strings, read as YAML 1.2 like ``params.yaml``: ``1e-3`` is a number."""
    if isinstance(value, Mapping):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return YAML(typ="safe", pure=True).load(value) if isinstance(value, str) else value


def read_experiment(config: Mapping[str, Any], path: str = "params.yaml") -> Experiment:
    """The parameters of a run. Raises ValueError that names what is wrong."""
    for key in config:
        if key not in OPTIONS:
            raise unknown_option(key)
    given = typed(config)
    if given.get("device", "cpu") not in DEVICES:
        raise ValueError(f"--config device={given['device']}: should be one of {', '.join(DEVICES)}")
    if not isinstance(given.get("features_on_device", False), bool):
        raise ValueError(f"--config features_on_device={given['features_on_device']}: should be true or false")
    overrides = given.get("overrides") or {}
    if not isinstance(overrides, dict):
        raise ValueError(f'--config overrides={overrides}: should be a mapping such as "{{train.epochs: 1}}"')
    if not isinstance(given.get("options") or {}, dict):
        raise ValueError(f'--config options={given["options"]}: should be a mapping such as "{{features: PLACE}}"')
    chosen = {key: given[key] for key in ("dataset", "folds", "options", "seeds", "study_seeds") if key in given}
    experiment = Experiment.read(path, overrides | chosen)
    check_options(experiment)
    check_variants(experiment)
    check_profiles(experiment)
    check_fusion(experiment)
    check_start_from(experiment)
    return experiment


def unknown_option(key: str) -> ValueError:
    """Error for what ``--config`` does not know: a parameter belongs into ``overrides``."""
    meant = [known for known in known_keys(Params) if known == key or known.endswith(f".{key}")]
    if meant:
        return ValueError(
            f'--config {key}: {" or ".join(meant)} is a parameter; give it as overrides="{{{meant[0]}: VALUE}}"'
        )
    return unknown_key(key, OPTIONS, "--config")


def check_options(experiment: Experiment) -> None:
    """Refuse unknown kinds, options and folds of any data set; the modules of the data sets know them."""
    for name, block in experiment.raw["datasets"].items():
        where = f"params.yaml, datasets.{name}"
        dataset = datasets.find(experiment.kind(name), f"{where}.kind" if "kind" in (block or {}) else where)
        datasets.parse_options(dataset, (block or {}).get("options") or {}, f"{where}.options")
        check_folds(dataset, read_folds(block, where), f"{where}.folds")


def check_variants(experiment: Experiment) -> None:
    """Refuse variants that cannot share the data, and names that are no folder names."""
    for step in ("fetch", "features", "windows"):
        seen = {name: resolved.step(step) for name, resolved in experiment.variants.items()}
        first, *others = seen
        for other in others:
            if seen[other] != seen[first]:
                raise ValueError(
                    f"params.yaml: variant '{other}' has other parameters than '{first}' for step '{step}': "
                    f"{seen[other]} instead of {seen[first]}. Variants share the data; set these under "
                    f"datasets.{experiment.dataset}"
                )
    names = {"variant": list(experiment.variants), "data set": [experiment.dataset]}
    for what, name in [(what, name) for what, all_names in names.items() for name in all_names]:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
            raise ValueError(f"params.yaml: {what} '{name}' names a folder: use letters, digits, '_', '-' and '.'")


def check_profiles(experiment: Experiment) -> None:
    """Refuse a ground-truth profile that the data set does not have, and one over folds: it is of the published test
    split.
    """
    over_folds = [f"{study.name}.{row}" for study in experiment.studies.values() if study.folds for row in study.rows]
    for name, resolved in experiment.variants.items():
        profile = resolved.params.evaluation.profile
        catalogue.choose(resolved.params.kind, "test", profile)
        if profile not in ("default", "none") and (experiment.folded or name in over_folds):
            raise ValueError(
                f"params.yaml: variant '{name}': evaluation.profile = {profile} is a profile of the published test "
                "split, and there is none over folds; it should be default or none"
            )


def check_fusion(experiment: Experiment) -> None:
    """Refuse class scores that are neither there nor downloaded: with old results there, Snakemake would not miss
    them.
    """
    dataset, options = chosen_data_set(experiment)
    downloaded = [f"data/{experiment.dataset}/raw/{name}" for name in dataset.published(options)]
    for name, resolved in experiment.variants.items():
        for file in files_of_fusion(resolved.params.fusion):
            if file not in downloaded and not Path(file).is_file():
                raise ValueError(f"params.yaml: variant '{name}' is fused with {file}, which does not exist")


def check_start_from(experiment: Experiment) -> None:
    """Refuse a model to start from that is not there: it is no input of a rule, its checksum is a parameter."""
    for name, resolved in experiment.variants.items():
        folder = resolved.params.train.start_from
        if folder and not weights_to_start_from(folder).is_file():
            raise ValueError(
                f"variant '{name}': train.start_from = {folder}: no {WEIGHTS} there; it should be the "
                "folder of a trained model"
            )


def weights_to_start_from(folder: str) -> Path:
    """The file of weights in a model's folder."""
    return Path(folder, WEIGHTS)


def files_of_fusion(fusion: Any) -> list[str]:
    """The video-level class scores that a section ``fusion`` reads; none unless it is enabled."""
    files = [fusion.scores, fusion.video_list, fusion.class_list]
    return list(filter(None, files)) if fusion.enabled else []


def chosen_data_set(experiment: Experiment) -> tuple[Any, Any]:
    """Module of the chosen data set, and its own options."""
    dataset = datasets.find(experiment.kind(experiment.dataset))
    given = experiment.variants[experiment.main[0]].params.options
    return dataset, datasets.parse_options(dataset, given, where_options(experiment))


def where_options(experiment: Experiment) -> str:
    """What the chosen data set's options are called in messages."""
    return f"datasets.{experiment.dataset}.options"


def raw_files(experiment: Experiment) -> list[str]:
    """Files that the chosen data set is downloaded as; none for one that is generated. ``{dataset}`` is left to a
    rule.
    """
    dataset, options = chosen_data_set(experiment)
    return [f"data/{{dataset}}/raw/{name}" for name in dataset.published(options)]


def as_in_params_yaml(config: Mapping[str, Any]) -> bool:
    """Whether a run is what ``params.yaml`` says, which is all that DVC knows."""
    return not config.keys() - {"device", "features_on_device"}


@dataclass(frozen=True)
class Film:
    """One of the user's films, whose features are extracted."""

    split: str
    path: Path | None
    """``None`` where films are away."""
    content: tuple[str, str]
    """Digests of the film and of the network."""


@dataclass(frozen=True)
class OwnData:
    """What the steps fetch and features read beside their sections, where the chosen data set is the user's own."""

    contents: Mapping[str, str] = field(default_factory=dict)
    """Digest of the content of each split, which decides whether anything is made of it again. Empty: not own data."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The options without those whose outcome the contents are."""
    places: Mapping[str, Any] = field(default_factory=dict)
    """The others: where the files are. They say how, not what, and are no parameters."""
    films: Mapping[str, Film] = field(default_factory=dict)
    """Films that features are extracted from, by video."""
    of_extraction: tuple[str, ...] = ()
    """Options of ``react-tad extract``."""


def own_data(experiment: Experiment, warn: Any) -> OwnData:
    """What there is of the user's own files.

    They are no inputs of a rule, since Snakemake would read gigabytes at each start to compare them. Where they are
    away and were taken over before, ``warn(text)`` says so. Raises ValueError that says what is wrong with them.
    """
    dataset, options = chosen_data_set(experiment)
    if not datasets.is_own(dataset):
        return OwnData()
    folder = Path("data", experiment.dataset)
    try:
        splits = dataset.own_splits(options, folder / "downloads", where_options(experiment))
    except own_files.OwnFilesAway as error:
        splits = recorded_splits(folder / "raw")
        if not splits:
            raise
        warn(f"{error}. What was made of them before is taken as it is.")
    given = experiment.variants[experiment.main[0]].params.options
    content = datasets.without_places(dataset, given)
    films = options.videos is not None
    return OwnData(
        contents={name: split.content for name, split in splits.items()},
        options=content,
        places={key: value for key, value in given.items() if key not in content},
        films=dict(films_of(splits)) if films else {},
        of_extraction=tuple(own_films.command_line(options)) if films else (),
    )


def films_of(splits: Mapping[str, datasets.OwnSplit]) -> Iterator[tuple[str, Film]]:
    """The films of all splits by video. Refuses names that Snakemake does not take for names of files."""
    for name, split in splits.items():
        for video, seen in split.listing.items():
            if set(video) & set("{}\n"):
                raise ValueError(
                    f"film {video!r}: Snakemake does not take braces or line breaks in the names of files that it "
                    "makes; rename it, in the annotations too"
                )
            yield video, Film(name, split.films.get(video), (seen["sha256"], split.backbone))


def recorded_splits(raw: Path) -> dict[str, datasets.OwnSplit]:
    """What ``react-tad fetch`` recorded of each split; empty unless there are all that every data set has."""
    there = [split for split in (*SUBSETS, NEW) if (raw / f"{split}.json").is_file()]
    records = {split: read_json(raw / f"{split}.json") for split in there} if set(SUBSETS) <= set(there) else {}
    return {
        split: datasets.OwnSplit(record["content"], record["own_files"], backbone=record.get("backbone", ""))
        for split, record in records.items()
    }
