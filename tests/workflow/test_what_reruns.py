"""What an edit makes Snakemake do again, and what it refuses while parsing. Dry runs only."""

import os

import pytest
from tiny_project import FROM_SUPPRESSION, FROM_TRAINING, STEPS, Project, copy

pytestmark = pytest.mark.workflow

FROM_EVALUATION = {
    name: STEPS[name]
    for name in ("evaluate_detections", "summarize_metrics", "package_model", "draw_ap", "record_provenance")
}
FROM_DETECTION = FROM_SUPPRESSION | {"detect_segments": STEPS["detect_segments"]}
PICTURES = {name: STEPS[name] for name in ("draw_timeline", "draw_losses", "draw_ap")}
SUMMARIES = PICTURES | {"summarize_metrics": 1}
PACKAGING = {"package_model": STEPS["package_model"]}
FROM_WINDOWS = FROM_TRAINING | {"cut_windows": 3}


def test_edited_parameters(project):
    def after(change) -> dict[str, int]:
        text = (project.folder / "params.yaml").read_text()
        project.params(change)
        planned = project.planned()
        (project.folder / "params.yaml").write_text(text)
        return planned

    assert after(lambda params: params["model"].setdefault("raid", {}).update(gamma=0.3)) == FROM_TRAINING
    one_variant = dict.fromkeys(FROM_SUPPRESSION, 1)  # the other sets its own sigma
    assert after(lambda params: params["soft_nms"].update(sigma=0.5)) == one_variant
    assert after(lambda params: params["evaluation"].update(definition="thumos14")) == FROM_EVALUATION
    assert after(lambda params: params["datasets"]["toy"]["windows"].update(length=32)) == FROM_WINDOWS
    assert after(lambda params: params["datasets"]["toy"]["windows"].update(length=64, stride=64)) == FROM_WINDOWS
    assert after(lambda params: params["model"].update(dropout=0.0)) == {}  # the default, written down
    assert project.planned() == {}


@pytest.fixture(scope="module")
def put_back(run, tmp_path_factory) -> Project:
    """A copy of the project in which each edit is put back: newer than the results, with the content that made them."""
    return copy(run, tmp_path_factory.mktemp("put_back"))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # A section's schema: the steps that read the section, and what follows.
        ("params/windows.py", FROM_WINDOWS),
        ("params/model.py", FROM_TRAINING),
        ("params/objective.py", FROM_TRAINING),
        ("params/train.py", FROM_TRAINING),
        ("params/inference.py", FROM_DETECTION),
        ("params/soft_nms.py", FROM_SUPPRESSION),
        ("params/fusion.py", FROM_SUPPRESSION),
        ("params/evaluation.py", FROM_EVALUATION),
        # What says which experiments there are; the card of a model compares it with its preset.
        ("params/experiment.py", PACKAGING),
        ("params/presets.py", PACKAGING),
        ("paper/studies.py", {}),
        # What the command line says.
        ("cli.py", {}),
        ("arguments.py", {}),
        ("commands/train.py", {}),
        ("commands/evaluate.py", {}),
        # Steps.
        ("model/relational_attention.py", FROM_TRAINING),
        ("training/trainer.py", FROM_TRAINING),
        ("detection/fusion.py", FROM_SUPPRESSION),
        ("detection/soft_nms.py", FROM_SUPPRESSION),
        ("detection/inference.py", FROM_DETECTION),
        ("evaluation/average_precision.py", FROM_EVALUATION | {"diagnose_errors": STEPS["diagnose_errors"]}),
        ("evaluation/validation.py", {}),
        ("training/model_card.py", PACKAGING),
        ("evaluation/summary.py", SUMMARIES),
        ("evaluation/profiles/measure.py", FROM_EVALUATION),
        ("pictures/timeline.py", PICTURES | {"draw_relations": 1}),
        ("losses/iou_decay.py", FROM_TRAINING),
        ("data/datasets/toy.py", STEPS | {"fetch_recordings": 1}),
        ("data/datasets/hapt.py", {}),
    ],
)
def test_edited_source(put_back, source, expected):
    path = put_back.folder / "src/react_tad" / source
    before = path.read_bytes()
    path.write_bytes(before + b"\n# edited\n")
    planned = put_back.planned()
    path.write_bytes(before)
    assert planned == expected


def test_sources_that_were_put_back(put_back):
    path = put_back.folder / "src/react_tad/data/datasets/toy.py"
    path.write_bytes(path.read_bytes())
    assert put_back.planned() == {}


def test_what_measures_map_trains_again_where_it_selects_an_epoch(project):
    best = {"train.select": "best_validation"}
    project.params(lambda params: params["variants"].update(best=best))
    project.make("train")
    with (project.folder / "src/react_tad/evaluation/validation.py").open("a") as source:
        source.write("# edited\n")
    assert project.planned("train") == {"train_network": 1}


def test_older_dates_do_not_hide_an_edit(project):
    path = project.folder / "src/react_tad/evaluation/profile_summary.py"
    stat = path.stat()
    path.write_text(path.read_text() + "# edited\n")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - 10**12))
    assert project.planned() == {"summarize_metrics": 1}


def test_wrong_parameters_stop_the_parsing(project):
    """test_asked.py has the others."""
    project.params(lambda params: params["model"].setdefault("raid", {}).update(gama=0.3))
    done = project.run("snakemake", "-n", "all")
    assert done.returncode == 1
    assert all(name in done.stdout for name in ["params.yaml", "model.raid.gama", "model.raid.gamma"]), done.stdout
    assert "Traceback" not in done.stdout


def test_wrong_options_stop_the_parsing(run):
    done = run.run("snakemake", "-n", "all", "--config", "sedes=[0]")
    assert done.returncode == 1
    assert all(name in done.stdout for name in ["sedes", "seeds"]), done.stdout
    assert "Traceback" not in done.stdout


def test_numbers_on_the_command_line_are_those_of_yaml_1_2(run):
    assert run.planned("all", "--config", "overrides={train.weight_decay: 1e-2}") == {}


def test_equal_variants_are_trained_once(project):
    project.params(lambda params: params["variants"].update(same={"model.raid.gamma": 0.2, "train.epochs": 8}))
    assert project.planned() == {
        "evaluate_detections": 1,
        "summarize_metrics": 1,
        "package_model": 1,
        "draw_timeline": 1,
        "draw_losses": 1,
        "draw_ap": 1,
        "diagnose_errors": 1,
        "record_provenance": 1,
    }


def test_more_cores_than_there_are_is_said_and_works(run):
    output = run.ok("snakemake", "-n", "--cores", "4000", "all")
    assert "4000 cores asked for" in output


def test_where_features_are_kept_is_no_parameter(project):
    """Nothing runs again for it; what runs does it."""
    option = ("--config", "features_on_device=true")
    assert project.planned("all", *option) == {}
    project.gamma(0.3)
    output = project.ok("snakemake", "-n", "-p", "train", "detect", *option)
    assert output.count("--device cpu --features-on-device") == 2
    assert "--features-on-device" not in project.ok("snakemake", "-n", "-p", "train", "detect")


def test_a_gpu_that_is_not_there_is_an_error(project):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    project.gamma(0.3)
    done = project.run("snakemake", "--cores", "1", "train", "--config", "device=cuda")
    assert done.returncode == 1
    assert "cuda" in done.stdout.lower()
