"""From an experiment to the files of its runs and the parameters of its jobs.

A step that comes to the same parameters in several variants is run once, for the first of them: its *owner*.
"""

import json
import shlex
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from asked import OwnData, files_of_fusion, weights_to_start_from
from folds import FoldNames
from react_tad.data.annotations import NEW, SUBSETS
from react_tad.evaluation.profiles import catalogue
from react_tad.files import sha256
from react_tad.params.experiment import Experiment, Resolved
from react_tad.params.section import canonical, flatten

STEPS = ("train", "detect", "suppress", "evaluate")
LOG = "{place}/trained/{variant}/seed{seed}/log.csv"
WEIGHTS = "{place}/trained/{variant}/seed{seed}/model.safetensors"
DESCRIPTION = "{place}/trained/{variant}/seed{seed}/training.json"
RAW = "{place}/raw_detections/{variant}/seed{seed}.npz"
DETECTIONS = "{place}/detections/{variant}/seed{seed}.json"
METRICS = "{place}/metrics/{variant}/seed{seed}.json"
NEW_RAW = "{place}/new/raw/{variant}/seed{seed}.npz"
NEW_DETECTIONS = "{place}/new/{variant}/seed{seed}.json"


class Variants:
    """The variants of an experiment, rows of studies among them."""

    def __init__(self, experiment: Experiment, own: OwnData | None = None):
        """``own`` is what there is of the user's own files (``asked.own_data``)."""
        self.experiment, self.own = experiment, own or OwnData()
        self.folds = FoldNames(experiment)

    @property
    def new(self) -> list[str]:
        """The split of recordings that are only detected in, if there are any; over folds there is no one network for
        them.
        """
        return [NEW] if NEW in self.own.contents and not self.experiment.folded else []

    @property
    def splits(self) -> list[str]:
        """All splits that there are."""
        return [*SUBSETS, *self.new]

    @cached_property
    def _owners(self) -> dict[tuple[str, str], str]:
        """By variant and step."""
        owners = {}
        for count, step in enumerate(STEPS, 1):
            first: dict[tuple[str, ...], str] = {}
            for name, resolved in self._by_rank():
                read = tuple(resolved.step(earlier) for earlier in STEPS[:count])
                owners[name, step] = first.setdefault(read, name)
        return owners

    def _by_rank(self) -> list[tuple[str, Resolved]]:
        """Variants with their parameters; rows on request come last, so that they take no file from another."""
        return sorted(self.experiment.variants.items(), key=lambda item: item[0] not in self.experiment.runs)

    def owner(self, variant: str, step: str) -> str:
        """The first variant with the same parameters up to ``step``.

        Raises:
            ParameterError: a row of a study that does not go together with the command line.

        """
        self.experiment.variants[variant]
        return self._owners[variant, step]

    def place(self, variant: str, seed: int | str, dataset: str | None = None) -> str:
        """Folder of a run: ``results/D`` for ``variants`` x ``seeds``, a folder of its own for what only studies need.

        DVC has a stage for each of the two, and no file may belong to both. ``dataset`` may be a fold (``folds.py``).
        """
        of_main = variant in self.experiment.main and int(seed) in self.experiment.seeds
        return f"results/{dataset or self.folds.chosen}" + ("" if of_main else "/studies")

    def file(self, step: str, pattern: str, variant: str, seed: int | str, dataset: str | None = None) -> str:
        """File of a run that ``step`` makes: ``pattern`` with the owner in the place of the variant."""
        name = self.owner(variant, step)
        return pattern.format(place=self.place(name, seed, dataset), variant=name, seed=seed)

    def held(self, step: str, pattern: str, variant: str, seed: int | str, dataset: str | None = None) -> list[str]:
        """The same of each fold, where all folds are asked for together and networks are not."""
        places = self.folds.holding(step, dataset or self.folds.chosen)
        return [self.file(step, pattern, variant, seed, place) for place in places]

    def files(
        self,
        step: str,
        pattern: str,
        runs: Iterable[tuple[str, int]] | None = None,
        dataset: str | None = None,
    ) -> list[str]:
        """Files of runs that ``step`` makes, each once, those of each fold among them; of ``variants`` x ``seeds`` if
        no runs are given.
        """
        if runs is None:
            runs = [(variant, seed) for variant in self.experiment.main for seed in self.experiment.seeds]
        places = self.folds.making(step, dataset or self.folds.chosen)
        return list(dict.fromkeys(self.file(step, pattern, *run, place) for place in places for run in runs))

    @property
    def all_runs(self) -> list[tuple[str, int]]:
        """Those of ``variants`` and of all studies."""
        return [(variant, seed) for variant, seeds in self.experiment.runs.items() for seed in seeds]

    def parameters(
        self,
        step: str,
        variant: str | None = None,
        seed: int | str | None = None,
        split: str | None = None,
        dataset: str | None = None,
    ) -> str:
        """The ``--cfg`` of a job: one canonical JSON string of all that the step reads; it gets it in a file.

        One string, since Snakemake compares the values of ``params`` without their names. ``split`` is that of a job on
        own data, whose content is among them; ``dataset`` may be a fold, which the step features reads.
        """
        resolved = self.experiment.variants[variant or self.experiment.main[0]]
        more: dict[str, Any] = {}
        if split in self.own.contents and step in ("fetch", "features"):
            more = {"options": self.own.options, "content": self.own.contents[split]}
        if step == "features" and dataset and (fold := self.folds.parameters(dataset)):
            contents = {name: self.own.contents[name] for name in SUBSETS} if self.own.contents else {}
            more = fold | ({"options": self.own.options, "content": contents} if contents else {})
        if self.own.contents and step == "package":  # a model does not tell where its data lay
            more = {"options": self.own.options}
        if step == "train":
            more = {"seed": int(seed)}
            if folder := resolved.params.train.start_from:
                more["start_from_sha256"] = sha256(weights_to_start_from(folder))
        return resolved.step(step, **more)

    @property
    def places(self) -> str:
        """Where own data are, as an option of ``react-tad fetch`` and ``features``."""
        return canonical(dict(self.own.places))

    def films(self, split: str) -> list[str]:
        """Videos of a split whose features are extracted from films."""
        return [video for video, film in self.own.films.items() if film.split == split]

    def extraction(self, video: str) -> str:
        """What a film's features depend on, as JSON: the film and the network, by digest, and the options of clips."""
        return canonical([*self.own.films[video].content, *self.own.of_extraction])

    @property
    def of_extraction(self) -> str:
        """Options of ``react-tad extract`` that are the same for all films."""
        words = [*self.own.of_extraction, "--backbone", self.own.places.get("backbone", "")]
        words += ["--batch-size", self.own.places.get("batch_size", 8), f"--prefix={self.own.places.get('prefix', '')}"]
        return shlex.join(map(str, words))

    def selects(self, variant: str) -> bool:
        """Whether an epoch of a variant's training is selected by its mAP on the validation split."""
        return self.experiment.variants[variant].params.train.select == "best_validation"

    def split(self, variant: str) -> str:
        """The split that a variant is evaluated on."""
        return self.experiment.variants[variant].params.inference.split

    def thresholds(self, variant: str) -> str:
        """The tIoU thresholds that a variant is evaluated at, as an option."""
        return ",".join(map(str, self.experiment.variants[variant].params.evaluation.tiou))

    def fused_files(self, variant: str) -> list[str]:
        """The video-level class scores that a variant is fused with; none unless it is."""
        return files_of_fusion(self.experiment.variants[variant].params.fusion)

    def profile(self, variant: str, dataset: str | None = None) -> str | None:
        """The ground-truth profile that a variant's metrics are of, or None.

        Profiles are of whole published sets, so the split ``validation`` has none: it is a part that was held out here.
        Nor has a fold.
        """
        params = self.experiment.variants[variant].params
        if params.inference.split != "test" or self.folds.fold(dataset or self.folds.chosen):
            return None
        return catalogue.choose(params.kind, "test", params.evaluation.profile)

    @property
    def with_features(self) -> str:
        """Option that names the test videos with features, where a profile needs them. The detections are made from
        them.
        """
        dataset, kind = self.experiment.dataset, self.experiment.kind(self.experiment.dataset)
        return f" --videos data/{dataset}/features/test.json" if catalogue.needs_features(kind, "test") else ""

    def evaluated_profiles(self, variant: str, dataset: str | None = None) -> str:
        """Options of ``react-tad evaluate``: the headline first, then the data set's other profiles."""
        name = self.profile(variant, dataset)
        kind = self.experiment.kind(self.experiment.dataset)
        return f"--profiles {kind} --profile {name} all{self.with_features}" if name else ""

    def diagnosed_profile(self, variant: str, dataset: str | None = None) -> str:
        """Options of ``react-tad diagnose`` for the headline."""
        name, kind = self.profile(variant, dataset), self.experiment.kind(self.experiment.dataset)
        return f"--profiles {kind} --profile {name}{self.with_features}" if name else ""

    def whole(self, dataset: str | None = None) -> str:
        """All that was asked for, as ``react-tad provenance`` reads it; not where own data are."""
        experiment, folds = self.experiment, self.experiment.folds
        folded = folds if self.folds.fold(dataset or self.folds.chosen) else None
        flat = {
            name: dict(flatten(resolved.params.model_dump(mode="json")))
            for name, resolved in experiment.variants.items()
            if name in experiment.runs
        }
        if self.own.contents:
            flat = {name: own | {"options": dict(self.own.options)} for name, own in flat.items()}
        first = flat[experiment.main[0]]
        differences = {
            name: {key: value for key, value in own.items() if value != first[key]} for name, own in flat.items()
        }
        return json.dumps(
            {
                "dataset": experiment.dataset,
                "first": experiment.main[0],
                "parameters": first,
                "differences": differences,
                "seeds": experiment.runs,
                **({"folds": folded.model_dump()} if folded else {}),
            }
        )
