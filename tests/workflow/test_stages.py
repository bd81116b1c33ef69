"""dvc.yaml says what Snakemake's plan says: outputs, dependencies, parameters."""

import re
import sys
from collections import defaultdict
from pathlib import Path, PurePosixPath

import pytest
from ruamel.yaml import YAML
from tiny_project import add_studies, copy

from react_tad.params.experiment import SECTIONS, STEP_SECTIONS

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
from records import STAGES  # noqa: E402

pytestmark = pytest.mark.workflow

RULE_FILES = {"fetch": "data", "features": "data", "windows": "data", "suppress": "detect", "figures": "evaluate"}
READ_BESIDES = {"evaluate": {"inference"}, "figures": {"inference"}}  # the split that is evaluated on
MORE_STEPS = {"evaluate": ("evaluate", "package")}
STEPS_OF_STUDIES = ("train", "detect", "suppress", "evaluate")


def load_stages() -> dict[str, dict]:
    """The stages of dvc.yaml for the data set `toy`."""
    return YAML(typ="safe").load((ROOT / "dvc.yaml").read_text().replace("${dataset}", "toy"))["stages"]


def definition_of(stage: str) -> set[str]:
    """The files that hold the rules of a stage."""
    if stage == "studies":
        own = {f"workflow/rules/{name}.smk" for name in ("train", "detect", "evaluate", "paper")}
    else:
        own = {f"workflow/rules/{RULE_FILES.get(stage, stage)}.smk"}
    return {"Snakefile", "workflow/common.smk"} | own


def sections_of(stage: str) -> set[str]:
    """The sections of params.yaml that a stage reads."""
    steps = STEPS_OF_STUDIES if stage == "studies" else MORE_STEPS.get(stage, (stage,))
    read = {section for step in steps for section in STEP_SECTIONS.get(step, ())} & set(SECTIONS)
    return read.union(*(READ_BESIDES.get(step, set()) for step in steps))


@pytest.fixture(scope="module")
def plan(unrun, tmp_path_factory) -> dict[str, dict[str, set[str]]]:
    """Inputs and outputs of each DVC stage, from what Snakemake would run."""
    project = copy(unrun, tmp_path_factory.mktemp("planned"))
    project.params(add_studies)
    best = {"train.select": "best_validation"}  # only such a training reads what measures mAP
    project.params(lambda params: params["variants"].update(best=best))
    text = project.ok("snakemake", "-n", "--forceall", "all")
    files: dict[str, dict[str, set[str]]] = defaultdict(lambda: {"input": set(), "output": set()})
    for rule, body in re.findall(r"^(?:local)?rule (\w+):\n((?:    .*\n)+)", text, re.MULTILINE):
        if rule in STAGES:
            for kind in ("input", "output"):
                line = re.search(rf"^    {kind}: (.*)$", body, re.MULTILINE)
                files[STAGES[rule]][kind] |= set(line[1].split(", "))
    return files


def inside(path: str, places: set[str]) -> bool:
    """Whether a file is one of ``places`` or lies in one."""
    return any(PurePosixPath(path).is_relative_to(place) for place in places)


@pytest.mark.parametrize("stage", load_stages())
def test_stage_agrees_with_the_rules(stage, plan):
    entry = load_stages()[stage]
    assert entry["cmd"] == f"snakemake --cores 8 {stage}"
    outs = {next(iter(out)) for out in entry["outs"]}
    assert all(next(iter(out.values())) == {"persist": True} for out in entry["outs"])
    records = f"results/toy/records/{stage}.json"
    assert records in outs
    deps = set(entry["deps"])
    definition = definition_of(stage)
    assert definition <= deps

    assert {path for path in plan[stage]["output"] if not inside(path, outs)} == set(), "outputs that are no outs"
    assert {out for out in outs - {records} if not any(inside(path, {out}) for path in plan[stage]["output"])} == set()
    foreign = plan[stage]["input"] - plan[stage]["output"]
    assert {path for path in foreign if not inside(path, deps)} == set(), f"add these to the deps of stage {stage}"
    assert {dep for dep in deps - definition if not any(inside(path, {dep}) for path in foreign)} == set(), (
        "read by nothing"
    )


@pytest.mark.parametrize("stage", load_stages())
def test_stage_names_the_parameters_that_it_reads(stage):
    named = set(load_stages()[stage]["params"])
    read = sections_of(stage)
    assert named & set(SECTIONS) == read
    of_variants = {"preset", "seeds", "variants"} | ({"studies"} if stage == "studies" else set())
    expected = set() if stage in ("fetch", "features", "windows") else of_variants
    assert named - read == {"dataset", "datasets.toy"} | expected


def test_every_stage_and_section_is_there():
    assert list(load_stages()) == list(dict.fromkeys(STAGES.values()))
    assert set(SECTIONS) <= YAML(typ="safe").load(ROOT / "params.yaml").keys()
