"""Which variant owns a file, where the files of a run are, and what a job gets; without Snakemake."""

import hashlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
from asked import OwnData  # noqa: E402
from react_tad.params.experiment import Experiment  # noqa: E402
from variants import DETECTIONS, LOG, METRICS, Variants  # noqa: E402

FILE = {
    "dataset": "toy",
    "seeds": [0, 1],
    "datasets": {"toy": {}},
    "variants": {"full": {}, "same": {}, "wide": {"soft_nms.sigma": 0.8}},
    "studies": {
        "table3": {
            "seeds": [0, 2],
            "reference": "all",
            "rows": {"all": {}, "off": {"model.quality": False}, "also_off": {"model.quality": False}},
        }
    },
}


@pytest.fixture
def variants():
    return Variants(Experiment(FILE))


@pytest.mark.parametrize(
    ("variant", "step", "owner"),
    [
        ("same", "evaluate", "full"),
        ("wide", "train", "full"),
        ("wide", "detect", "full"),
        ("wide", "suppress", "wide"),
        ("wide", "evaluate", "wide"),
        ("table3.all", "evaluate", "full"),
        ("table3.off", "train", "table3.off"),
        ("table3.also_off", "evaluate", "table3.off"),
    ],
)
def test_a_step_is_run_once_for_the_first_variant_of_the_same_parameters(variants, variant, step, owner):
    assert variants.owner(variant, step) == owner


@pytest.mark.parametrize(
    ("variant", "seed", "folder"),
    [
        ("full", 0, "results/toy"),
        ("full", "1", "results/toy"),
        ("full", 2, "results/toy/studies"),
        ("table3.off", 0, "results/toy/studies"),
    ],
)
def test_what_only_studies_need_has_a_folder_of_its_own(variants, variant, seed, folder):
    assert variants.place(variant, seed) == folder


def test_files_are_the_owners(variants):
    assert variants.file("train", LOG, "wide", 1) == "results/toy/trained/full/seed1/log.csv"
    assert variants.file("evaluate", METRICS, "table3.all", 2) == "results/toy/studies/metrics/full/seed2.json"
    assert variants.files("suppress", DETECTIONS) == [
        f"results/toy/detections/{name}/seed{seed}.json" for name in ("full", "wide") for seed in (0, 1)
    ]
    assert len(variants.files("evaluate", METRICS, variants.all_runs)) == 4 + 1 + 2, (
        "wide's too, seed 2, a row that is off"
    )


def test_a_job_gets_what_its_step_reads(variants):
    assert json.loads(variants.parameters("train", "full", "7"))["seed"] == 7
    assert set(json.loads(variants.parameters("train", "full", 0))) == {"model", "matching", "loss", "train", "seed"}
    assert json.loads(variants.parameters("suppress", "wide"))["soft_nms"]["sigma"] == 0.8
    assert json.loads(variants.parameters("windows"))["windows"]["length"] == 256
    assert json.loads(variants.parameters("fetch")) == {"dataset": "toy", "kind": "toy", "options": {}}


def test_a_job_on_own_data_gets_the_content_of_its_split_and_no_places():
    own = OwnData({"training": "abc", "new": "def"}, {"time": "spread"}, {"features": "/somewhere"})
    made = Variants(Experiment(FILE | {"datasets": {"toy": {"kind": "custom"}}}), own)
    expected = {"dataset": "toy", "kind": "custom", "options": {"time": "spread"}, "content": "def"}
    assert json.loads(made.parameters("fetch", split="new")) == expected
    assert json.loads(made.parameters("features", split="new")) == expected
    assert json.loads(made.places) == {"features": "/somewhere"}
    assert made.splits == ["training", "validation", "test", "new"]
    assert set(json.loads(made.parameters("windows", split="new"))) == {"windows"}


def test_options_of_the_job(variants):
    assert variants.split("full") == "test"
    assert variants.thresholds("full") == "0.3,0.4,0.5,0.6,0.7"
    assert variants.fused_files("full") == []
    assert variants.evaluated_profiles("full") == "", "toy has no profiles"
    thumos = Experiment(FILE | {"dataset": "thumos14", "datasets": {"thumos14": {}}})
    assert Variants(thumos).evaluated_profiles("full").startswith("--profiles thumos14 --profile official all")
    block = {"kind": "thumos14", "options": {}}
    of_kind = Experiment(FILE | {"dataset": "mine", "datasets": {"mine": block}})
    assert Variants(of_kind).evaluated_profiles("full").startswith("--profiles thumos14 --profile official all")
    held_out = Experiment(FILE | {"dataset": "thumos14", "datasets": {"thumos14": {"inference.split": "validation"}}})
    assert Variants(held_out).evaluated_profiles("full") == "", "profiles are of the test split"


def test_an_epoch_is_selected_where_the_parameters_say_so():
    made = Variants(Experiment(FILE | {"variants": {"full": {}, "best": {"train.select": "best_validation"}}}))
    assert (made.selects("full"), made.selects("best")) == (False, True)


def test_the_whole_experiment_is_the_first_variant_and_what_others_change(variants):
    whole = json.loads(variants.whole())
    assert (whole["first"], whole["dataset"]) == ("full", "toy")
    assert whole["differences"]["wide"] == {"soft_nms.sigma": 0.8}
    assert whole["differences"]["full"] == {}
    assert whole["seeds"]["table3.off"] == [0, 2]


def test_a_model_to_start_from_is_known_by_its_content(tmp_path):
    """Other weights at the same place are other parameters, so that Snakemake trains anew."""
    (tmp_path / "model.safetensors").write_bytes(b"one")
    variants = Variants(Experiment(FILE | {"variants": {"full": {"train.start_from": str(tmp_path)}}}))
    one = variants.parameters("train", "full", 0)
    assert json.loads(one)["start_from_sha256"] == hashlib.sha256(b"one").hexdigest()
    (tmp_path / "model.safetensors").write_bytes(b"other")
    assert variants.parameters("train", "full", 0) != one


def test_a_row_that_the_command_line_makes_impossible_says_so_when_asked_for():
    rows = {"all": {}, "wide": {"train.include_validation": True}}
    file = FILE | {"studies": {"sizes": {"seeds": [0], "reference": "all", "rows": rows}}}
    variants = Variants(Experiment(file, overrides={"train.select": "best_validation"}))
    assert variants.file("train", LOG, "sizes.all", 0).endswith("full/seed0/log.csv")
    with pytest.raises(ValueError, match=r"studies.sizes.wide: train.include_validation needs train.select: last"):
        variants.file("train", LOG, "sizes.wide", 0)
