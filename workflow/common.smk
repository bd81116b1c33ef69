"""From ``params.yaml`` and the command line to what the rules ask for.

Everything is checked here, while the workflow is parsed: a misspelt name stops it before any job. What is computed is in
modules beside this file, which are tested; here stand input functions, which need Snakemake.
"""

import json
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
if not ROOT.samefile(os.curdir):
    raise WorkflowError(
        f"this workflow runs in its own folder, where params.yaml is: cd {ROOT}. For results elsewhere, let 'data' "
        "and 'results' be links to other folders; for other parameters beside these, use a clone (git worktree)."
    )

sys.path[:0] = [str(ROOT / "src"), str(ROOT / "workflow")]


def put_first(variable, place):
    """Put a folder first in an environment variable that lists folders."""
    there = filter(None, [os.environ.get(variable)])
    os.environ[variable] = os.pathsep.join([str(place), *there])


# Jobs too import the package of this folder, whose files are their inputs, whichever one is installed. They find the
# commands of the Python that runs this, whether its environment is activated or not.
put_first("PYTHONPATH", ROOT / "src")
put_first("PATH", Path(sys.executable).parent)
if not shutil.which("react-tad") and not workflow.deployment_settings.deployment_method:
    raise WorkflowError(
        f"there is no command react-tad beside {sys.executable}, nor on the PATH; "
        "install it with: pip install -r requirements.txt"
    )
# Their progress bars are in their logs: a state every two seconds.
os.environ.setdefault("TQDM_MININTERVAL", "2")

import asked
import parameter_files
import pretrained
import records
import sources
from react_tad.data.annotations import SUBSETS
from studies import Studies
from variants import (
    DESCRIPTION,
    DETECTIONS,
    LOG,
    METRICS,
    NEW_DETECTIONS,
    NEW_RAW,
    RAW,
    WEIGHTS,
    Variants,
)

try:
    experiment = asked.read_experiment(config)
    variants = Variants(experiment, asked.own_data(experiment, logger.warning))
    folds = variants.folds
    if experiment.folded:
        folds.count  # fewer groups than folds are refused
    studies = Studies(variants)
except (ValueError, OSError) as error:
    raise WorkflowError(str(error)) from None


def in_file(name, function):
    """Parameter of a job: the path of a file with the JSON that ``function`` gives, whose content it names."""
    return lambda wildcards: parameter_files.kept(
        function(wildcards), name, experiment.dataset
    )


def parameters(step):
    """The ``--cfg`` of a job of ``step``."""
    return in_file(
        step,
        lambda wildcards: variants.parameters(
            step, *map(wildcards.get, ("variant", "seed", "split", "dataset"))
        ),
    )


def released_parameters(step):
    """The same under the preset ``released``."""
    return in_file(step, lambda wildcards: pretrained.settings(step))


def places():
    """Where own data are, as JSON. Not a parameter: what is there decides."""
    return lambda wildcards: variants.places


def film(wildcards):
    """Where the film of a job's video is. Not a parameter: what is in it decides."""
    path = variants.own.films[wildcards.video].path
    if path is None:
        raise WorkflowError(
            f"the film of '{wildcards.video}' is away, and its features are to be extracted"
        )
    return str(path)


def of_films(pattern):
    """Input function: ``pattern`` for the videos of the job's split; none where features are not extracted."""
    return lambda wildcards: [
        pattern.format(dataset=wildcards.dataset, video=video)
        for video in variants.films(wildcards.split)
    ]


def about(wildcards):
    """What a metrics file is about, as JSON."""
    own = {"variant": wildcards.variant, "seed": int(wildcards.seed)}
    fold = folds.fold(wildcards.dataset)
    of_fold = {} if fold is None else {"fold": fold}
    return json.dumps(own | {"dataset": experiment.dataset} | of_fold)


def of_variant(method):
    """Input function: ``method`` of the job's variant."""
    return lambda wildcards: method(wildcards.variant)


def of_run(method):
    """Input function: ``method`` of the job's variant and data set or fold."""
    return lambda wildcards: method(wildcards.variant, wildcards.dataset)


def of_named(method, wildcard, *arguments):
    """Input function: ``method`` of the study that the job's ``wildcard`` names, and its data set or fold."""
    return lambda wildcards: method(*arguments, wildcards[wildcard], wildcards.dataset)


def of_owner(step, pattern, seeds=None):
    """Input function: ``pattern`` for the job's variant as made by ``step``; the job's seed, or ``seeds``."""
    return lambda wildcards: [
        file
        for seed in seeds or [wildcards.seed]
        for file in variants.held(
            step, pattern, wildcards.variant, seed, wildcards.dataset
        )
    ]


def of_first_run(step, pattern):
    """Input function: ``pattern`` for the first of ``variants``, its first seed and the first fold, if there are any."""
    return lambda wildcards: variants.held(
        step, pattern, experiment.main[0], experiment.seeds[0], wildcards.dataset
    )[:1]


def of_first_network(pattern, **values):
    """Input function: ``pattern`` of the data that the network of :func:`of_first_run` is of."""
    return lambda wildcards: expand(
        pattern, dataset=folds.holding("train", wildcards.dataset)[:1], **values
    )


def of_networks(pattern, **values):
    """Input function: ``pattern`` of the data that networks are trained on: of all folds, where there are any."""
    return lambda wildcards: expand(
        pattern, dataset=folds.holding("train", wildcards.dataset), **values
    )


def of_split(pattern):
    """Input function: ``pattern`` with the split that the job's variant is evaluated on."""
    return lambda wildcards: expand(
        pattern, dataset=wildcards.dataset, split=variants.split(wildcards.variant)
    )


def of_split_of(wildcard):
    """Input function: annotations of the split that the study of the job's ``wildcard`` is evaluated on."""
    return lambda wildcards: expand(
        "data/{dataset}/annotations/{split}.json",
        dataset=studies.place(wildcards[wildcard], wildcards.dataset),
        split=studies.split(wildcards[wildcard]),
    )


def new_detections(wildcards):
    """What the target ``new`` asks for; refused where there are no such recordings."""
    if experiment.folded:
        raise WorkflowError(
            "new: over folds there are as many networks as folds; leave out folds=true"
        )
    if not variants.new:
        raise WorkflowError(
            f"new: {experiment.dataset} has no recordings of subset new; docs/own-data.md says which data sets may"
        )
    return variants.files("suppress", NEW_DETECTIONS)


def whole_experiment(wildcards):
    """All that was asked for. A function, since braces in a text would be wildcards."""
    return variants.whole(wildcards.dataset)


def class_loss(wildcards):
    """Figure S3, as ``react-tad class-loss`` reads it."""
    return studies.class_loss(wildcards.dataset)


def of_data(pattern, **values):
    """``pattern`` for the chosen data set, or its folds together; lists among ``values`` are expanded."""
    return expand(pattern, dataset=folds.chosen, **values)


RAW_MANIFESTS = list(SUBSETS) if variants.own.contents else ["manifest"]
"""What is there of the recordings as they were fetched."""
THE_DATA_SET = re.escape(experiment.dataset)
"""Regular expression for ``{dataset}`` where no fold can be meant."""


def of_raw_data(pattern, **values):
    """``pattern`` for the chosen data set as it is fetched, which folds do not change."""
    return expand(pattern, dataset=experiment.dataset, **values)


def of_data_and_folds(pattern, **values):
    """``pattern`` for the chosen data set, or for its folds, one by one and together."""
    places = folds.making("evaluate", folds.chosen)
    return expand(pattern, dataset=places, **values)


def of_splits(pattern, **values):
    """``pattern`` for all splits of the chosen data set, or of each of its folds."""
    places = folds.making("features", folds.chosen)
    return expand(pattern, dataset=places, split=variants.splits, **values)


def of_each_fold(pattern):
    """Input function: ``pattern`` for each fold, with the job's other wildcards."""
    return lambda wildcards: expand(
        pattern, dataset=folds.each, **dict(wildcards.items())
    )


def of_folds_and_all(pattern, **values):
    """``pattern`` for each fold and for all together, whatever the run is of; lists among ``values`` are expanded."""
    return lambda wildcards: expand(
        pattern, dataset=folds.making("evaluate", folds.pooled), **values
    )


def of_all_films(pattern):
    """``pattern`` for all videos whose features are extracted from films, but for those of subset new."""
    videos = [video for split in SUBSETS for video in variants.films(split)]
    return of_raw_data(pattern, video=videos)


def study(name):
    """Input function of a study's target: what it is shown in. Refused where it is a study of another data set, or over
    folds that the data set does not have.
    """

    def files(wildcards):
        if name in experiment.elsewhere:
            raise WorkflowError(str(experiment.not_here(experiment.elsewhere[name])))
        if experiment.studies[name].folds and not folds.there:
            raise WorkflowError(str(experiment.without_folds()))
        return of_data(TABLE if name in studies.tables else FIGURE, name=name)

    return files


def one_of(names):
    """Regular expression for a wildcard that is one of ``names``; nothing matches if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


@cache
def source_files(verb, without=()):
    """The package's files that make what ``react-tad VERB`` writes for the chosen data set."""
    return sources.of_step(ROOT, verb, experiment.kind(experiment.dataset), without)


def training_files(variant):
    """Those that make a variant's network: what measures mAP is among them only if that selects an epoch."""
    return source_files(
        "train", () if variants.selects(variant) else sources.VALIDATION
    )


def cores_a_job():
    """Cores that a job of one thread claims, so that no more of them run at a time than the machine has cores."""
    there = len(os.sched_getaffinity(0))
    return max(1, (workflow.resource_settings.cores or 1) // there)


def device():
    """Where networks run. Not a parameter: it says how, not what."""
    return config.get("device", "cpu")


def keep_features():
    """The option with which all features are on the device, instead of a batch at a time; the results are the same."""
    kept = asked.typed(config).get("features_on_device")
    return "--features-on-device" if kept else ""


if workflow.is_main_process:
    if cores_a_job() > 1:
        logger.warning(
            f"{workflow.resource_settings.cores} cores asked for, {len(os.sched_getaffinity(0))} there: "
            "as many networks are trained at a time as there are."
        )
