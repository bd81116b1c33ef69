"""From ``params.yaml`` and the command line to what the rules ask for: parameters, variants, files and sources.

Everything is checked here, while the workflow is parsed: a misspelt name stops it before any job.
"""

import hashlib
import json
import os
import re
import sys
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

ROOT = Path(workflow.basedir)
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "workflow")]
# Jobs too import the package of this folder, whose files are their inputs, whichever one is installed.
os.environ.update(
    PYTHONPATH=os.pathsep.join(
        [str(ROOT / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
)
if not sys.stderr.isatty():
    os.environ.setdefault(
        "TQDM_MININTERVAL", "30"
    )  # a progress bar in a file is a line each time

import records
import sources
from react_tad.data import datasets, own_files
from react_tad.params import Experiment, flatten, unknown_key, validated
from react_tad.profiles import catalogue

SPLITS = ("training", "validation", "test")
OPTIONS = (
    "dataset",
    "seeds",
    "study_seeds",
    "overrides",
    "device",
    "features_on_device",
)
DEVICES = ("cpu", "cuda", "auto")
STEPS = ("train", "detect", "suppress", "evaluate")
LOG = "{place}/models/{variant}/seed{seed}/log.csv"
DETECTIONS = "{place}/detections/{variant}/seed{seed}.json"
METRICS = "{place}/metrics/{variant}/seed{seed}.json"


# ------------------------------------------------------------------------------------------------- parameters


def typed(value):
    """What ``--config`` gives as strings, read as YAML 1.2 like ``params.yaml``: ``1e-3`` is a number."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return YAML(typ="safe", pure=True).load(value) if isinstance(value, str) else value


def read_experiment():
    """The parameters of this run: ``params.yaml``, changed by ``--config``."""
    for key in config:
        if key not in OPTIONS:
            raise unknown_key(key, OPTIONS, "--config")
    given = typed(config)
    if given.get("device", "cpu") not in DEVICES:
        raise ValueError(
            f"--config device={given['device']}: should be one of {', '.join(DEVICES)}"
        )
    if not isinstance(given.get("features_on_device", False), bool):
        raise ValueError(
            f"--config features_on_device={given['features_on_device']}: should be true or false"
        )
    overrides = given.get("overrides") or {}
    if not isinstance(overrides, dict):
        raise ValueError(
            f'--config overrides={overrides}: should be a mapping such as "{{train.epochs: 1}}"'
        )
    chosen = {
        key: given[key] for key in ("dataset", "seeds", "study_seeds") if key in given
    }
    read = Experiment.read("params.yaml", overrides | chosen)
    check_options(read)
    check_variants(read)
    check_profiles(read)
    check_fusion(read)
    return read


def check_options(read):
    """Refuse unknown options of any data set; the modules of the data sets know them."""
    for name, block in read.raw["datasets"].items():
        validated(
            datasets.find(name).OPTIONS,
            (block or {}).get("options") or {},
            f"params.yaml, datasets.{name}.options",
        )


def check_profiles(read):
    """Refuse ground-truth profiles that the chosen data set does not have."""
    for resolved in read.variants.values():
        catalogue.choose(read.dataset, "test", resolved.params.evaluation.profile)


def check_fusion(read):
    """Refuse class scores that are neither there nor downloaded: with old results there, Snakemake would not miss them."""
    dataset, options = chosen_data_set(read)
    downloaded = [
        f"data/{read.dataset}/raw/{name}" for name in dataset.published(options)
    ]
    for name, resolved in read.variants.items():
        for file in files_of_fusion(resolved.params.fusion):
            if file not in downloaded and not Path(file).is_file():
                raise ValueError(
                    f"params.yaml: variant '{name}' is fused with {file}, which does not exist"
                )


def files_of_fusion(fusion):
    """The video-level class scores that a section ``fusion`` reads; none unless it is enabled."""
    files = [fusion.scores, fusion.video_list, fusion.class_list]
    return list(filter(None, files)) if fusion.enabled else []


def check_variants(read):
    """Refuse variants that cannot share the data, and names that are no folder names."""
    for step in ("fetch", "features", "windows"):
        seen = {name: resolved.step(step) for name, resolved in read.variants.items()}
        first, *others = seen
        for other in others:
            if seen[other] != seen[first]:
                raise ValueError(
                    f"params.yaml: variant '{other}' has other parameters than '{first}' for step '{step}': {seen[other]} "
                    f"instead of {seen[first]}. Variants share the data; set these under datasets.{read.dataset}"
                )
    for name in read.variants:
        if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
            raise ValueError(
                f"params.yaml: variant '{name}' names a folder: use letters, digits, '_', '-' and '.'"
            )


def chosen_data_set(read):
    """Module of the chosen data set, and its own options."""
    dataset = datasets.find(read.dataset)
    given = read.variants[read.main[0]].params.options
    where = f"datasets.{read.dataset}.options"
    return dataset, validated(dataset.OPTIONS, given, where)


def own_files_digest():
    """What the step fetch reads beside its section: a digest of the user's own files, if the data set has any.

    They are no inputs of a rule, since Snakemake would read gigabytes at each start to compare them.
    """
    data = Path("data", experiment.dataset)
    try:
        files = datasets.own_files(*chosen_data_set(experiment))
        listing = own_files.checksums(files, data / "downloads")
    except own_files.OwnFilesAway as error:
        if not (data / "raw/manifest.json").is_file():
            raise
        logger.warning(f"{error}. What was made of them before is taken as it is.")
        listing = own_files.recorded(data / "raw")
    return {"own_files": own_files.digest(listing)} if listing else {}


try:
    experiment = read_experiment()
    OWN_FILES = own_files_digest()
except (ValueError, OSError) as error:
    raise WorkflowError(str(error)) from None


def parameters(step):
    """Function that gives the ``--cfg`` of a job of ``step``: one canonical JSON string of all that the step reads.

    One string, since Snakemake compares the values of ``params`` without their names.
    """

    def of_job(wildcards):
        variant = wildcards.get("variant", experiment.main[0])
        more = {}
        if step == "fetch":
            more = OWN_FILES
        elif step == "train":
            more = {"seed": int(wildcards.seed)}
        return experiment.variants[variant].step(step, **more)

    return of_job


def about(wildcards):
    """What a metrics file is about, as JSON."""
    return json.dumps(
        {
            "variant": wildcards.variant,
            "seed": int(wildcards.seed),
            "dataset": wildcards.dataset,
        }
    )


def whole_experiment(wildcards):
    """All that was asked for, as ``react-tad provenance`` reads it."""
    flat = {
        name: dict(flatten(resolved.params.model_dump(mode="json")))
        for name, resolved in experiment.variants.items()
    }
    first = flat[experiment.main[0]]
    differences = {
        name: {key: value for key, value in own.items() if value != first[key]}
        for name, own in flat.items()
    }
    return json.dumps(
        {
            "dataset": experiment.dataset,
            "first": experiment.main[0],
            "parameters": first,
            "differences": differences,
            "seeds": experiment.runs,
        }
    )


def evaluated_split(variant):
    """The split that a variant is evaluated on."""
    return experiment.variants[variant].params.inference.split


def inference_split(wildcards):
    """The split that the job's variant is evaluated on."""
    return evaluated_split(wildcards.variant)


def thresholds(wildcards):
    """The tIoU thresholds that the job's variant is evaluated at."""
    return ",".join(
        map(str, experiment.variants[wildcards.variant].params.evaluation.tiou)
    )


def fused_files(wildcards):
    """The video-level class scores that the job's variant is fused with; none unless it is."""
    return files_of_fusion(experiment.variants[wildcards.variant].params.fusion)


def headline_profile(variant):
    """The ground-truth profile that a variant's metrics are of, or None.

    Profiles are of whole published sets, so the split ``validation`` has none: it is a part that was held out here.
    """
    params = experiment.variants[variant].params
    if params.inference.split != "test":
        return None
    return catalogue.choose(experiment.dataset, "test", params.evaluation.profile)


def evaluated_profiles(wildcards):
    """Options of ``react-tad evaluate``: the headline first, then the data set's other profiles."""
    name = headline_profile(wildcards.variant)
    return f"--profile {name} all{with_features()}" if name else ""


def diagnosed_profile(wildcards):
    """Options of ``react-tad diagnose`` for the headline."""
    name = headline_profile(wildcards.variant)
    if not name:
        return ""
    return f"--profiles {experiment.dataset} --profile {name}{with_features()}"


def with_features():
    """Option that names the test videos with features, where a profile needs them. The detections are made from them."""
    if not catalogue.needs_features(experiment.dataset, "test"):
        return ""
    return f" --videos data/{experiment.dataset}/features/test.json"


def with_profiles():
    """Whether ``variants`` are measured under profiles."""
    return any(map(headline_profile, experiment.main))


# --------------------------------------------------------------------------------------------- variants and files


@cache
def read_up_to(variant, step):
    """All that ``step`` of a variant and the steps before it read."""
    resolved = experiment.variants[variant]
    return [resolved.step(earlier) for earlier in STEPS[: STEPS.index(step) + 1]]


@cache
def owner(variant, step):
    """The first variant with the same parameters up to ``step``. The step is run once, for that one."""
    same = read_up_to(variant, step)
    return next(name for name in experiment.variants if read_up_to(name, step) == same)


def place(variant, seed):
    """Folder of a run: ``results/D`` for ``variants`` x ``seeds``, a folder of its own for what only studies need.

    DVC has a stage for each of the two, and no file may belong to both.
    """
    if variant in experiment.main and int(seed) in experiment.seeds:
        return f"results/{experiment.dataset}"
    return f"results/{experiment.dataset}/studies"


def of_run(step, pattern, variant, seed):
    """File of a run that ``step`` makes: ``pattern`` with the owner in the place of the variant."""
    name = owner(variant, step)
    return pattern.format(place=place(name, seed), variant=name, seed=seed)


def made_by(step, pattern):
    """Files of ``variants`` x ``seeds`` that ``step`` makes, each once."""
    runs = [(variant, seed) for variant in experiment.main for seed in experiment.seeds]
    return list(dict.fromkeys(of_run(step, pattern, *run) for run in runs))


def of_owner(step, pattern, seed=None):
    """Input function: ``pattern`` with the owner of the job's variant at ``step``; the job's seed, or those of ``seed``."""

    def of_job(wildcards):
        seeds = [wildcards.seed] if seed is None else seed
        return [of_run(step, pattern, wildcards.variant, each) for each in seeds]

    return of_job


def of_first_run(step, pattern):
    """``pattern`` for the first of ``variants`` and its first seed."""
    return of_run(step, pattern, experiment.main[0], experiment.seeds[0])


def of_split(pattern):
    """Input function: ``pattern`` with the split that the job's variant is evaluated on."""

    def of_job(wildcards):
        return expand(
            pattern, dataset=wildcards.dataset, split=inference_split(wildcards)
        )

    return of_job


def one_of(names):
    """Regular expression for a wildcard that is one of ``names``; nothing matches if there are none."""
    return "|".join(map(re.escape, names)) or "(?!)"


def of_data(pattern, **values):
    """``pattern`` for the chosen data set; lists among ``values`` are expanded."""
    return expand(pattern, dataset=experiment.dataset, **values)


# -------------------------------------------------------------------------------------------------- source files


def source_files(verb):
    """The package's files that ``react-tad VERB`` may import for the chosen data set.

    Without ``cli.py``, which only finds the verb: a verb that is added changes no result.
    """
    modules = [f"react_tad.commands.{verb}"]
    if verb in ("fetch", "features"):
        modules.append(f"react_tad.data.datasets.{experiment.dataset}")
    files = sources.closure(ROOT / "src", "react_tad", modules)
    own_profiles = catalogue.profile_file(experiment.dataset)
    if own_profiles and catalogue.__file__ in files:
        files.append(str(own_profiles))
    return [os.path.relpath(file, ROOT) for file in files]


def source_digest(verb):
    """Short digest of the files of ``source_files``."""
    contents = hashlib.sha256()
    for file in source_files(verb):
        contents.update((ROOT / file).read_bytes())
    return contents.hexdigest()[:12]


def raw_files():
    """Files that the chosen data set is downloaded as; none for one that is generated."""
    dataset, options = chosen_data_set(experiment)
    return [f"data/{{dataset}}/raw/{name}" for name in dataset.published(options)]


# -------------------------------------------------------------------------------------------------------- machine


def cores_a_job():
    """Cores that a job of one thread claims, so that no more of them run at a time than the machine has cores."""
    return max(
        1, (workflow.resource_settings.cores or 1) // len(os.sched_getaffinity(0))
    )


def device():
    """Where networks run. Not a parameter: it says how, not what."""
    return config.get("device", "cpu")


def keep_features():
    """The option with which all features are on the device, instead of a batch at a time; the results are the same."""
    return "--features-on-device" if typed(config).get("features_on_device") else ""


def as_in_params_yaml():
    """Whether this run is what ``params.yaml`` says, which is all that DVC knows."""
    return not config.keys() - {"device", "features_on_device"}


if workflow.is_main_process:
    if cores_a_job() > 1:
        logger.warning(
            f"{workflow.resource_settings.cores} cores asked for, {len(os.sched_getaffinity(0))} there: "
            "as many networks are trained at a time as there are."
        )
    records.prepare()
