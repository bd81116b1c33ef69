import json
import math
from datetime import date
from types import MappingProxyType

import pytest

from react_tad.cli import main
from react_tad.params.experiment import STEP_SECTIONS, Experiment, Params
from react_tad.params.model import Model
from react_tad.params.presets import PRESETS
from react_tad.params.section import ParameterError, canonical, known_keys, step_params
from react_tad.params.soft_nms import SoftNms
from react_tad.params.train import Train
from react_tad.params.yaml_files import read_yaml

FILE = {
    "dataset": "small",
    "preset": "paper",
    "seeds": [0, 1],
    "datasets": {"small": {}, "large": {}},
    "variants": {"full": {}, "other": {}},
}


def experiment(overrides=None, **changes):
    return Experiment(FILE | changes, overrides=overrides)


def value(resolved, key):
    for part in key.split("."):
        resolved = resolved[part] if isinstance(resolved, dict) else getattr(resolved, part)
    return resolved


class TestUnknownKeys:
    """A name that does not exist is an error that says where it stands and what was meant, wherever it stands."""

    @pytest.mark.parametrize(
        ("changes", "where", "meant"),
        [
            ({"modle": {}}, "params.yaml", "model"),
            ({"model": {"quereis": 40}}, "params.yaml", "model.queries"),
            ({"model": {"raid": {"gama": 0.1}}}, "params.yaml", "model.raid.gamma"),
            ({"train": {"learning_rates": 1}}, "params.yaml", "train."),
            ({"datasets": {"small": {"modle": {"dim": 8}}}}, "datasets.small", "model.dim"),
            ({"datasets": {"small": {}, "large": {"model.dims": 8}}}, "datasets.large", "model.dim"),
            ({"variants": {"full": {"model.raid.enable": False}}}, "variants.full", "model.raid.enabled"),
            ({"variants": {"full": {}, "off": {"loss": {"iou_dekay.weight": 0}}}}, "variants.off", "loss.iou_decay"),
            ({"overrides": {"train.epoch": 1}}, "command line", "train.epochs"),
            ({"overrides": {"trian.epochs": 1}}, "overrides", "train.epochs"),
            ({"overrides": {"datset": "large"}}, "overrides", "dataset"),
        ],
    )
    def test_are_named_with_the_nearest(self, changes, where, meant):
        with pytest.raises(ParameterError, match=f"{where}.*: unknown parameter '.*'. Did you mean '{meant}"):
            experiment(**changes)

    def test_in_the_parameters_of_a_step(self):
        cfg = json.dumps({"model": {"raid": {"tao": 0.5}}})
        with pytest.raises(ParameterError, match=r"--cfg model: unknown parameter 'raid\.tao'.*'raid\.tau'"):
            step_params(Model, cfg, "model")

    def test_a_section_is_not_a_value(self):
        with pytest.raises(ParameterError, match="unknown parameter 'model'"):
            experiment(model=3)


class TestWithoutEffect:
    """A value that a later level replaces would be recorded, and nothing would come of it."""

    def test_of_the_file_under_the_data_sets_own(self):
        blocks = {"small": {"train.epochs": 6}, "large": {"train.epochs": 7}}
        with pytest.raises(ParameterError) as error:
            experiment(train={"epochs": 1}, datasets=blocks)
        assert "train.epochs = 1 changes nothing: datasets.small has train.epochs = 6" in str(error.value)
        assert "(datasets.small.train.epochs)" in str(error.value)

    def test_of_the_file_where_another_data_set_has_its_own(self):
        made = experiment(train={"epochs": 1}, datasets={"small": {}, "large": {"train.epochs": 7}})
        assert made.variants["full"].params.train.epochs == 1

    def test_the_same_value_twice_is_no_fault(self):
        made = experiment(train={"epochs": 6}, datasets={"small": {"train": {"epochs": 6}}})
        assert made.variants["full"].params.train.epochs == 6

    def test_of_the_command_line_under_every_variant(self):
        both = {"full": {"model.quality": True}, "other": {"model.quality": False}}
        with pytest.raises(ParameterError, match=r"command line: model.quality = False changes nothing: every variant"):
            experiment({"model.quality": False}, variants=both)
        one = experiment({"model.quality": False}, variants=both | {"third": {}})
        assert [resolved.params.model.quality for resolved in one.variants.values()] == [True, False, False]

    def test_a_row_of_a_study_may_be_the_one_that_takes_it(self):
        rows = {"on": {"model.quality": True}, "as_it_is": {}}
        study = {"only": {"seeds": [0], "reference": "on", "rows": rows}}
        made = experiment({"model.quality": False}, variants={"full": {"model.quality": True}}, studies=study)
        assert made.variants["only.as_it_is"].params.model.quality is False


class TestWhatIsNotUsed:
    """What the command line changes is not asked of blocks and rows that the run does not use."""

    BLOCKS = MappingProxyType({"small": {}, "large": {"windows": {"length": 512, "stride": 400}}})
    STUDIES = MappingProxyType(
        {"sizes": {"seeds": [0], "reference": "one", "rows": {"one": {}, "wide": {"windows.stride": 200}}}}
    )

    def test_blocks_of_other_data_sets(self):
        made = experiment({"windows.length": 300}, datasets=dict(self.BLOCKS))
        assert made.variants["full"].params.windows.length == 300
        with pytest.raises(ParameterError, match=r"stride = 400 is larger than windows.length = 300"):
            experiment({"windows.length": 300, "dataset": "large"}, datasets=dict(self.BLOCKS))

    def test_rows_of_studies_until_they_are_asked_for(self):
        made = experiment({"windows.length": 100}, windows={"stride": 50}, studies=dict(self.STUDIES))
        assert made.variants["full"].params.windows.length == 100
        assert list(made.variants) == ["full", "other", "sizes.one"]
        with pytest.raises(ParameterError, match=r"studies.sizes.wide: windows.stride = 200 is larger"):
            made.variants["sizes.wide"]
        with pytest.raises(KeyError):
            made.variants["sizes.none"]

    def test_the_file_is_checked_whole(self):
        """With or without a command line."""
        for overrides in ({}, {"train.epochs": 1}):
            with pytest.raises(ParameterError, match=r"datasets.large: windows.stride = 600 is larger"):
                experiment(overrides, datasets={"small": {}, "large": {"windows.stride": 600}})
            with pytest.raises(ParameterError, match=r"studies.sizes.wide: windows.stride = 200 is larger"):
                experiment(overrides, windows={"length": 150, "stride": 9}, studies=dict(self.STUDIES))


class TestForms:
    """What stands where something of another form should."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"dataset": {}}, "params.yaml: dataset = {} is not one of datasets: small, large"),
            ({"dataset": None}, "dataset = None is not one of"),
            ({"preset": []}, r"params.yaml: preset = \[\] should be one of paper, released, recommended"),
            ({"datasets": {"small": 5}}, "datasets.small = 5 should be a mapping of sections"),
            ({"datasets": {"small": {}, "large": []}}, r"datasets.large = \[\] should be a mapping of sections"),
            ({"variants": {"full": 5}}, "variants.full = 5 should be a mapping of overrides"),
            ({"variants": 0}, "variants = 0 should be a mapping of names"),
            ({"variants": {"full": {"preset": {}}}}, "params.yaml, variants.full: preset = {} should be one of"),
            ({"studies": {"a": 1}}, "studies.a: should have either rows"),
            ({"studies": [3]}, r"studies = \[3\] should be a mapping"),
            ({"variants": {5: {}}}, "variants has the name 5, a int; a name should be a text, in quotes"),
            ({"variants": {"full": {"train.lr": date(2026, 1, 2)}}}, "full.train.lr = '2026-01-02' is read as"),
            ({"seeds": [2**70]}, "distinct integers >= 0, below 2.32"),
            ({"train": {"epochs": 10**30}}, "train.epochs"),
            ({"options": {}}, "unknown parameter 'options'. Did you mean '(?!options)"),
            ({"variants": {"full": {"options": {}}}}, "unknown parameter 'options'. Did you mean '(?!options)"),
            ({"model": {"raid": {"tau": 1}, "raid.tau": 0}}, "model.raid.tau is there twice"),
            ({"variants": {"full": {"train": {"lr": 1}, "train.lr": 2}}}, "variants.full: train.lr is there twice"),
        ],
    )  # fmt: skip
    def test_are_named(self, changes, message):
        with pytest.raises(ParameterError, match=message):
            experiment(**changes)

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            ({"seeds": 0}, "^command line: seeds = 0 should be a list"),
            ({"dataset": "lrge"}, "^command line: dataset = 'lrge' is not one of"),
            ({"preset": "papr"}, "^command line: preset = 'papr'"),
            ({"train": {"lr": 1}, "train.lr": 2}, "^command line: train.lr is there twice"),
        ],
    )
    def test_of_the_command_line_are_said_to_be_so(self, overrides, message):
        with pytest.raises(ParameterError, match=message):
            experiment(overrides)

    def test_a_mapping_that_holds_itself(self):
        endless = {}
        endless["train"] = endless
        with pytest.raises(ParameterError, match="nested more than 20 deep"):
            experiment(variants={"full": endless})


class TestValues:
    """A value that cannot be is an error that names the key and the value."""

    @pytest.mark.parametrize(
        ("key", "wrong"),
        [
            ("train.epochs", 0),
            ("train.epochs", 2.5),
            ("train.epochs", True),
            ("train.epochs", "3"),
            ("train.lr", "1e-4"),
            ("train.lr", 0),
            ("train.lr", math.inf),
            ("train.lr", math.nan),
            ("model.raid.tau", 1.1),
            ("model.raid.gamma", -1.5),
            ("model.raid.enabled", 1),
            ("model.raid.enabled", "on"),
            ("model.raid.boundary", "inside"),
            ("matching.overlap", "papers"),
            ("loss.ace_enc.positives", ["S3"]),
            ("loss.segment.l1_weight", -1),
            ("evaluation.tiou", [0.5, 2]),
            ("soft_nms.sigma", 0),
        ],
    )
    def test_that_cannot_be(self, key, wrong):
        with pytest.raises(ParameterError, match=f"variants.full: {key.replace('.', '[.]')}"):
            experiment(variants={"full": {key: wrong}})

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            ({"model.dim": 10, "model.heads": 4}, "model.dim = 10 is not a multiple of model.heads = 4"),
            ({"windows.stride": 300}, "windows.stride = 300 is larger than windows.length = 256"),
            ({"train.include_validation": True, "train.select": "best_validation"}, "needs train.select: last"),
            ({"loss.classification.query": False, "loss.classification.ground_truth": False}, "are both off"),
            ({"loss.ace_enc.positives": []}, "needs positives and negatives"),
            ({"loss.ace_enc.stage": "first", "loss.ace_enc.position": "after"}, "position must be before"),
            ({"loss.ace_enc.inner_iou": [0.5, 0.2]}, "loss.ace_enc.inner_iou = .0.5, 0.2. should be"),
            ({"loss.ace_enc.inner_iou_long": [0.5, 0.2]}, "inner_iou_long"),
        ],
    )
    def test_that_do_not_go_together(self, overrides, message):
        with pytest.raises(ParameterError, match=f"variants.full: .*{message}"):
            experiment(variants={"full": overrides})

    @pytest.mark.parametrize("seeds", [None, [], 3, [0, 0], [-1], [True], ["0"], [0.0]])
    def test_seeds(self, seeds):
        with pytest.raises(ParameterError, match=r"seeds = .* distinct integers >= 0"):
            experiment(seeds=seeds)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"dataset": "smal"}, "dataset = 'smal' is not one of datasets: small, large"),
            ({"preset": "papr"}, "preset = 'papr' should be one of paper, released, recommended"),
            ({"variants": {}}, "variants is empty"),
            ({"variants": ["full"]}, "variants = .* should be a mapping"),
        ],
    )
    def test_names(self, changes, message):
        with pytest.raises(ParameterError, match=message):
            experiment(**changes)

    def test_no_such_variant(self):
        with pytest.raises(ParameterError, match=r"no variant 'ful'. Did you mean 'full'"):
            experiment().resolve("ful")

    def test_parameters_are_frozen(self):
        with pytest.raises(ValueError, match="frozen"):
            Params().model.raid.gamma = 0.5


LEVELS = {
    "default": {},
    "preset released": {"preset": "released"},
    "params.yaml": {"train": {"epochs": 21}},
    "datasets.small": {"datasets": {"small": {"train": {"epochs": 22}}}},
    "command line": {"overrides": {"train.epochs": 23}},
    "variants.full": {"variants": {"full": {"train": {"epochs": 24}}, "other": {}}},
}


@pytest.mark.parametrize("last", range(len(LEVELS)), ids=LEVELS)
def test_the_last_level_that_names_a_value_wins(last):
    changes = {}
    for name in list(LEVELS)[: last + 1]:
        if last < 3 or name != "params.yaml":  # a value there that the data set's block replaces is refused
            changes |= LEVELS[name]
    resolved = experiment(**changes).resolve("full")
    assert resolved.params.train.epochs == (15, 14, 21, 22, 23, 24)[last]
    assert resolved.source["train.epochs"] == list(LEVELS)[last]


def test_a_level_changes_only_what_it_names():
    resolved = experiment(model={"raid": {"gamma": 0.4}}, variants={"full": {"model.raid.tau": 0.3}}).resolve("full")
    raid = resolved.params.model.raid
    assert (raid.gamma, raid.tau, raid.enabled) == (0.4, 0.3, True)
    assert resolved.params.train == Train()


def test_a_variant_may_have_its_own_preset():
    made = experiment(variants={"full": {}, "theirs": {"preset": "released"}})
    assert made.variants["full"].params == made.resolve("full").params
    assert made.variants["theirs"].params.model.raid.tau == 0.2
    assert made.variants["full"].params.model.raid.tau == 0.5


def test_a_data_set_may_have_its_own_preset():
    """A variant's and the command line's come before it; for other data sets it is nothing."""
    blocks = {"small": {"preset": "released"}, "large": {}}
    made = experiment(datasets=blocks, variants={"full": {}, "printed": {"preset": "paper"}})
    assert {name: resolved.params.preset for name, resolved in made.variants.items()} == {
        "full": "released",
        "printed": "paper",
    }
    assert made.variants["full"].params.model.raid.tau == 0.2
    assert experiment({"dataset": "large"}, datasets=blocks).variants["full"].params.preset == "paper"
    assert experiment({"preset": "paper"}, datasets=blocks).variants["full"].params.preset == "paper"


def test_a_preset_for_all_that_the_data_set_replaces_is_refused():
    said = r"preset = 'released' changes nothing: datasets\.small has preset = 'paper'; change it there"
    with pytest.raises(ParameterError, match=said):
        experiment(preset="released", datasets={"small": {"preset": "paper"}, "large": {}})
    with pytest.raises(ParameterError, match=r"datasets\.small: preset = 'papr' should be one of paper, released"):
        experiment(datasets={"small": {"preset": "papr"}, "large": {}})
    with pytest.raises(ParameterError, match=r"datasets\.large: preset = 'papr' should be one of paper, released"):
        experiment(datasets={"small": {}, "large": {"preset": "papr"}})


def test_the_command_line_chooses_data_set_preset_and_seeds():
    made = experiment({"dataset": "large", "preset": "released", "seeds": [7], "model.dim": 64})
    assert (made.dataset, made.seeds) == ("large", (7,))
    assert made.variants["full"].params.dataset == "large"
    assert made.variants["full"].params.matching.overlap == "released"
    assert made.variants["other"].params.model.dim == 64


def test_dotted_and_nested_names_are_the_same():
    nested = experiment(variants={"full": {"model": {"raid": {"gamma": 0.4}}, "train": {"epochs": 3}}})
    dotted = experiment(variants={"full": {"model.raid.gamma": 0.4, "train.epochs": 3}})
    assert nested.variants["full"].params == dotted.variants["full"].params


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 1e-4),
        ("on", "on"),
        ("yes", "yes"),
        ("012", 12),
        ("0o14", 12),
        ("12:30", "12:30"),
        ("true", True),
        ("~", None),
    ],
)
def test_yaml_is_version_1_2(tmp_path, text, expected):
    path = tmp_path / "params.yaml"
    path.write_text(f"key: {text}\n")
    found = read_yaml(path)["key"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "is not valid YAML"),
        ("a: 1\na: 2", "is not valid YAML"),
        ("- a", "expected a mapping of parameters, found list"),
        ("a: 2026-02-31", "is not valid YAML: day is out of range"),
        ("a: " + "[" * 5000, "nested more than 100 deep"),
    ],
)
def test_files_that_are_no_parameters(tmp_path, text, message):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=f"params.yaml.*{message}"):
        read_yaml(path)


def test_equal_values_are_one_canonical_string():
    assert canonical({"b": 1, "a": {"d": 0.0001, "c": "ü"}}) == '{"a":{"c":"ü","d":0.0001},"b":1}'
    one = experiment(variants={"full": {"train": {"lr": 1e-3, "epochs": 2}, "loss.segment.l1_weight": 5}})
    other = experiment(variants={"full": {"loss.segment.l1_weight": 5.0, "train.epochs": 2, "train.lr": 0.001}})
    assert one.variants["full"].step("train", seed=0) == other.variants["full"].step("train", seed=0)


CHANGES = {
    "options": ({"noise": 1}, {"fetch", "features", "package"}),
    "windows.stride": (32, {"windows", "package"}),
    "model.raid.gamma": (0.3, {"train"}),
    "matching.iou_weight": (3.0, {"train"}),
    "loss.quality.weight": (3.0, {"train"}),
    "train.lr": (1e-3, {"train"}),
    "inference.classes_per_query": (2, {"detect", "package"}),
    "inference.cut": ("window", {"detect", "package"}),
    "soft_nms.sigma": (0.5, {"suppress", "package"}),
    "evaluation.tiou": ([0.5], {"evaluate"}),
}


@pytest.mark.parametrize("key", CHANGES)
def test_a_step_reads_only_its_own_parameters(key):
    changed, expected = CHANGES[key]
    before, after = (experiment(datasets={"small": block}).resolve("full") for block in ({}, {key: changed}))
    steps = {step for step in STEP_SECTIONS if before.step(step, seed=0) != after.step(step, seed=0)}
    assert steps == expected


def test_what_a_step_is_given_it_can_read_back():
    resolved = experiment(preset="released").resolve("full")
    cfg = resolved.step("train", seed=3)
    assert json.loads(cfg)["seed"] == 3
    for name in ("model", "matching", "loss", "train"):
        kind = type(getattr(resolved.params, name))
        assert step_params(kind, cfg, name) == getattr(resolved.params, name)


def test_a_section_that_a_step_is_not_given_has_its_defaults():
    assert step_params(SoftNms, "{}", "soft_nms") == SoftNms()


STUDIES = {
    "components": {"seeds": [0, 1, 2], "reference": "all", "rows": {"all": {}, "no quality": {"model.quality": False}}},
    "gamma": {
        "seeds": [3],
        "parameter": "model.raid.gamma",
        "values": [-0.3, 0, 0.5],
        "base": {"model.raid.tau": 1.0},
    },
}


class TestStudies:
    """Tables of rows and sweeps over a parameter; each row is a variant."""

    def test_rows_are_variants(self):
        made = experiment(studies=STUDIES)
        assert list(made.variants) == [
            *("full", "other", "components.all", "components.no quality"),
            *("gamma.-0.3", "gamma.0", "gamma.0.5"),
        ]
        assert made.variants["components.all"].params == made.variants["full"].params
        assert made.variants["components.no quality"].params.model.quality is False
        raid = made.variants["gamma.-0.3"].params.model.raid
        assert (raid.gamma, raid.tau) == (-0.3, 1.0)
        assert made.variants["gamma.-0.3"].source["model.raid.gamma"] == "studies.gamma.-0.3"
        assert made.studies["gamma"].values == (-0.3, 0, 0.5)
        assert made.studies["components"].reference == "all"

    def test_base_is_under_every_row(self):
        base = {"model.quality": False, "train": {"epochs": 3}}
        rows = {"all": {}, "longer": {"train.epochs": 4}}
        made = experiment(studies={"small": {"seeds": [0], "base": base, "reference": "all", "rows": rows}})
        assert made.variants["small.all"].params.train.epochs == 3
        longer = made.variants["small.longer"].params
        assert (longer.train.epochs, longer.model.quality) == (4, False)

    def test_each_has_its_own_seeds(self):
        runs = experiment(studies=STUDIES).runs
        assert runs == {
            **dict.fromkeys(("full", "other"), (0, 1)),
            **dict.fromkeys(("components.all", "components.no quality"), (0, 1, 2)),
            **dict.fromkeys(("gamma.-0.3", "gamma.0", "gamma.0.5"), (3,)),
        }

    @pytest.mark.parametrize("block", [None, {}, {"seeds": [0]}])
    def test_an_empty_study_is_none(self, block):
        with pytest.raises(ParameterError, match=r"studies\.empty: should have either rows"):
            experiment(studies={"empty": block})

    @pytest.mark.parametrize(
        ("study", "change", "message"),
        [
            ("components", {"row": {}}, "unknown parameter 'row'. Did you mean 'rows'"),
            ("components", {"seeds": []}, r"\.components\.seeds = \[\] should be a list of distinct integers"),
            ("components", {"reference": "al"}, "reference = 'al' should be one of its rows: all, no quality"),
            ("components", {"rows": ["all"]}, "rows = .* should be a mapping"),
            ("components", {"rows": {"all": {"model.qualty": 1}}}, "unknown parameter 'model.qualty'"),
            ("components", {"parameter": "model.dim"}, "either rows and a reference, or a parameter and its values"),
            ("components", {"rows": {"all": 3}}, "all = 3 should be a mapping"),
            ("components", {"base": 3}, "base = 3 should be a mapping"),
            ("components", {"title": [3]}, r"title = \[3\] should be a text"),
            ("gamma", {"parameter": "model.raid.gama"}, "Did you mean 'model.raid.gamma'"),
            ("gamma", {"values": []}, "should be a list of distinct numbers"),
            ("gamma", {"values": [0.2, 0.2]}, "should be a list of distinct numbers"),
            ("gamma", {"values": ["low"]}, "should be a list of distinct numbers"),
            ("gamma", {"values": [3]}, r"model\.raid\.gamma = 3"),
            ("gamma", {"base": {"model.raid.teu": 1}}, "unknown parameter 'model.raid.teu'"),
        ],
    )
    def test_mistakes_are_named(self, study, change, message):
        with pytest.raises(ParameterError, match=f"studies.*{message}"):
            experiment(studies={study: STUDIES[study] | change})


class TestPresets:
    def test_the_default_is_the_paper(self):
        resolved = experiment().resolve("full")
        assert PRESETS["paper"] == {}
        assert resolved.params == Params(dataset="small", kind="small")
        assert resolved.params.preset == "paper"

    @pytest.mark.parametrize(("preset", "key"), [(preset, key) for preset in PRESETS for key in PRESETS[preset]])
    def test_a_preset_differs_where_it_says_so(self, preset, key):
        paper, other = (experiment(preset=each).resolve("full").params for each in ("paper", preset))
        expected = PRESETS[preset][key]
        assert value(other, key) == (tuple(expected) if isinstance(expected, list) else expected)
        assert value(paper, key) != value(other, key), "not a difference"

    @pytest.mark.parametrize("preset", PRESETS)
    def test_and_nowhere_else(self, preset):
        paper, other = (experiment(preset=each).resolve("full").params for each in ("paper", preset))
        differences = {key for key in known_keys(Params) if value(paper, key) != value(other, key)}
        assert differences == set(PRESETS[preset]) | ({"preset"} if preset != "paper" else set())


def run(arguments, capsys):
    status = main(["params", "show", *arguments])
    return status, capsys.readouterr()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(json.dumps(FILE))
    return str(path)


def test_show_prints_values_and_where_they_come_from(file, capsys):
    status, shown = run(["full", "--params", file, "--set", "train.lr=1e-3", "preset=released"], capsys)
    rows = {line.split()[0]: line.split()[1:] for line in shown.out.splitlines()}
    assert status == 0
    assert set(known_keys(Params)) <= set(rows) | {"options"}
    assert rows["train.lr"] == ["0.001", "command", "line"]
    assert rows["model.raid.tau"] == ["0.2", "preset", "released"]
    assert rows["model.dim"] == ["256", "default"]


def test_show_prints_what_a_step_reads(file, capsys):
    status, shown = run(["full", "--params", file, "--step", "suppress", "--set", "soft_nms.sigma=0.5"], capsys)
    assert status == 0
    assert json.loads(shown.out)["soft_nms"]["sigma"] == 0.5
    assert set(json.loads(shown.out)) == {"soft_nms", "fusion"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ful"], "no variant 'ful'"),
        (["full", "--set", "train.epochs"], "should be KEY=VALUE"),
        (["full", "--set", "train.epoch=1"], "Did you mean 'train.epochs'"),
        (["full", "--step", "trian"], "should be one of fetch"),
    ],
)
def test_show_explains_what_is_wrong(file, capsys, arguments, message):
    status, shown = run([*arguments, "--params", file], capsys)
    assert status == 1
    assert message in shown.err


def test_study_seeds_replace_those_of_every_study():
    file = {"dataset": "d", "seeds": [0], "datasets": {"d": {}}, "variants": {"full": {}}}
    table = {"seeds": [0], "reference": "all", "rows": {"all": {}}}
    sweep = {"seeds": [0, 1], "parameter": "model.raid.tau", "values": [0, 1]}
    file["studies"] = {"table": table, "sweep": sweep}
    chosen = Experiment(file, overrides={"study_seeds": [3, 4]})
    assert {study.seeds for study in chosen.studies.values()} == {(3, 4)}
    assert chosen.seeds == (0,)
    with pytest.raises(ParameterError, match="study_seeds"):
        Experiment(file, overrides={"study_seeds": [3, 3]})
    with pytest.raises(ParameterError, match="study_seeds"):  # a choice for one run, not a parameter
        Experiment(file | {"study_seeds": [3]})


class TestKinds:
    """A block may be a data set of a kind that its name does not say."""

    def test_the_kind_is_the_name_unless_the_block_says_another(self):
        assert experiment().resolve("full").params.kind == "small"
        made = experiment(datasets={"small": {"kind": "custom", "options": {"a": 1}}})
        resolved = made.resolve("full")
        assert (resolved.params.dataset, resolved.params.kind) == ("small", "custom")
        assert resolved.source["kind"] == "datasets.small"
        step = {"dataset": "small", "kind": "custom", "options": {"a": 1}}
        assert json.loads(resolved.step("fetch")) == json.loads(resolved.step("features")) == step

    @pytest.mark.parametrize("changes", [{"kind": "custom"}, {"variants": {"full": {"kind": "custom"}}}])
    def test_it_stands_in_the_block_only(self, changes):
        with pytest.raises(ParameterError, match="unknown parameter 'kind'"):
            experiment(**changes)

    def test_it_is_a_name(self):
        with pytest.raises(ParameterError, match=r"datasets\.large\.kind = 3 should be the name of a kind"):
            experiment(datasets={"small": {}, "large": {"kind": 3}})


class TestOptionsOnTheCommandLine:
    """They come before those of the block, one by one."""

    @pytest.mark.parametrize("given", [{"options": {"b": 3, "c": {"d": 4}}}, {"options.b": 3, "options.c": {"d": 4}}])
    def test_they_win_by_key(self, tmp_path, given):
        blocks = {"small": {"options": {"a": 1, "b": 2, "c": {"e": 5}}, "windows": {"length": 32, "stride": 8}}}
        path = tmp_path / "params.yaml"
        path.write_text(json.dumps(FILE | {"datasets": {**blocks, "large": {"options": {"b": 9}}}}))
        made = Experiment.read(path, given | {"train.epochs": 2})
        params = made.resolve("full").params
        assert params.options == {"a": 1, "b": 3, "c": {"d": 4}}
        assert (params.windows.length, params.train.epochs) == (32, 2)
        large = Experiment.read(path, given | {"dataset": "large"}).resolve("full").params
        assert large.options == {"b": 3, "c": {"d": 4}}

    def test_a_data_set_that_is_not_there_is_refused_all_the_same(self, file):
        with pytest.raises(ParameterError, match="dataset = 'medium' is not one of datasets"):
            Experiment.read(file, {"dataset": "medium", "options": {"b": 3}})
