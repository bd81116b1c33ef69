import csv
import io
import json
import statistics

import pytest

from react_tad.cli import main
from react_tad.model.flops import count
from react_tad.paper.numbers import TABLES
from react_tad.paper.published import NOT_RUN, SIZES, lines, not_run, preset_model, read_rows
from react_tad.paper.published_tables import as_csv, as_dict, as_html, as_latex, as_markdown
from react_tad.params.model import Model

NAMES = ("table1", "table2")
DATASETS = {"table1": "thumos14", "table2": "activitynet13"}


def write_run(folder, number, *, name="table1", average=0.5, **changes):
    """A metrics file; mAP falls by 0.01 a threshold."""
    tiou = SIZES[name].tiou
    metrics = {
        "dataset": DATASETS[name], "profile": "official", "variant": "full", "seed": number, "subset": "test",
        "definition": "activitynet", "per_tiou": {each: average - place / 100 for place, each in enumerate(tiou)},
        "average_map": average, "per_class": {},
    }  # fmt: skip
    path = folder / f"seed{number}.json"
    path.write_text(json.dumps(metrics | changes))
    return str(path)


def row(folder, metrics, **changes):
    """A row of ours, as JSON: a small network for 6 features and 3 classes."""
    description = {"parameters": {"model": {"dim": 16, "heads": 2, "queries": 5}}, "dimension": 6, "classes": [*"abc"]}
    (folder / "training.json").write_text(json.dumps(description))
    own = {"preset": "paper", "window": 32, "description": str(folder / "training.json"), "metrics": metrics}
    return json.dumps([own | changes])


def gflops(model, window, dimension, classes):
    return sum(cost.macs for cost in count(model, window=window, dimension=dimension, classes=classes).values()) / 1e9


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_made_up_where_nothing_was_run(name):
    found = lines(name, not_run(name))
    paper, ours = found[: len(TABLES[name].rows)], found[len(TABLES[name].rows) :]
    assert ours
    assert not any(line.ours for line in paper)
    for line in ours:
        assert line.ours
        assert (line.maps, line.average) == ({}, None)
        assert line.setting.startswith(f"{NOT_RUN}; preset ")
        assert line.gflops > 0
    text = as_markdown(name, found)
    assert text.count(f"| {NOT_RUN} |") == len(ours)
    records = list(csv.DictReader(io.StringIO(as_csv(name, found))))
    numbers = [key for key in records[0] if key.startswith("map_")]
    assert all(not record[key] for record in records[len(paper) :] for key in numbers)


@pytest.mark.parametrize("name", NAMES)
def test_the_papers_rows_are_its_own(name):
    for line, (key, printed) in zip(lines(name, []), TABLES[name].rows.items(), strict=True):
        assert line.method == printed.label
        assert {each: round(100 * spread.mean, 1) for each, spread in line.maps.items()} == dict(printed.maps)
        assert (line.average and round(100 * line.average.mean, 1)) == printed.average
        assert line.gflops == printed.gflops
        assert bool(line.cited) == (key != "react"), "the paper cites all others"


def test_gflops_are_counted_at_the_papers_sizes():
    """By hand for THUMOS14: tests/test_flops.py."""
    paper, released = (line.gflops for line in lines("table1", not_run("table1")) if line.ours)
    assert paper == gflops(Model(), 256, 2048, 20)
    assert f"{paper:.2f}" == "0.71"
    assert released < paper, "no output projections"


def test_the_note_on_activitynet_says_what_is_counted():
    """At the paper's size with both kinds of features, and at the size for THUMOS14."""
    large, small = (line.gflops for line in lines("table2", not_run("table2")) if line.ours)
    assert (f"{large:.2f}", f"{small:.2f}") == ("0.54", "0.50")
    assert large == gflops(Model(queries=60, encoder_layers=3), 100, 2048, 200)
    as_thumos = gflops(preset_model("released", {}), 100, 2048, 200)
    assert f"{as_thumos:.2f}" == "0.38" == f"{TABLES['table2'].rows['react'].gflops:.2f}"
    assert any("0.54 GFLOPs with 2048 features and 0.50 with 400" in note for note in TABLES["table2"].notes)


def test_presets_differ_in_their_network():
    assert preset_model("paper", {}) == Model()
    released = preset_model("released", {"queries": 60})
    assert (released.queries, released.final_norm, released.raid.tau) == (60, True, 0.2)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_a_row(tmp_path, name):
    averages = (0.5, 0.52)
    metrics = [write_run(tmp_path, seed, name=name, average=average) for seed, average in enumerate(averages)]
    *_, line = lines(name, read_rows(row(tmp_path, metrics, features="TSN")))
    assert line.average.mean == pytest.approx(0.51)
    assert line.average.std == pytest.approx(statistics.stdev(averages))
    for threshold in SIZES[name].columns:
        place = SIZES[name].tiou.index(threshold)
        assert line.maps[threshold].mean == pytest.approx(0.51 - place / 100)
    assert line.gflops == gflops(Model(dim=16, heads=2, queries=5), 32, 6, 3)
    assert line.setting == (
        f"dataset {DATASETS[name]}; profile official; subset test; definition activitynet; seeds 0, 1; "
        "preset paper; 32 snippets of 6 features; TSN"
    )
    text = as_markdown(name, lines(name, read_rows(row(tmp_path, metrics))))
    assert "| 51.00 ± 1.41 |" in text
    assert NOT_RUN not in text


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "toy"}, r"seed1\.json: data set toy; this table is of THUMOS14"),
        ({"per_tiou": {"0.5": 0.1}}, r"seed1\.json: tIoU thresholds 0\.5; THUMOS14 is averaged over 0\.3, 0\.4"),
        ({"profile": "ssn"}, r"seed1\.json: profile ssn, but .*seed0\.json: profile official"),
        ({"seed": 0}, r"seed0\.json: preset paper has a seed twice"),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path, changes, message):
    metrics = [write_run(tmp_path, 0), write_run(tmp_path, 1, **changes)]
    with pytest.raises(ValueError, match=message):
        lines("table1", read_rows(row(tmp_path, metrics)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"preset": "paper"}]', "the given rows: 0.window: Field required"),
        ("[1]", "the given rows: 0"),
    ],
)
def test_rows_are_closed(text, message):
    with pytest.raises(ValueError, match=message):
        read_rows(text)


def test_a_file_that_describes_no_model_is_named(tmp_path):
    text = row(tmp_path, ["x"])
    (tmp_path / "training.json").write_text("{}")
    with pytest.raises(ValueError, match=r"training\.json does not describe a model: parameters: Field required"):
        read_rows(text)


@pytest.mark.parametrize(
    ("dataset", "table"), [("thumos14", "table1"), ("thumos14_i3d", "table1"), ("activitynet13", "table2")]
)
def test_data_sets_belong_to_tables(dataset, table):
    assert [name for name in NAMES if TABLES[name].is_of(dataset)] == [table]
    assert not any(TABLES[name].is_of("toy") for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_form_has_every_row(tmp_path, name):
    found = lines(name, not_run(name))
    methods = [line.method for line in found]
    assert [each["method"] for each in as_dict(name, found)["rows"]] == methods
    assert [each["method"] for each in csv.DictReader(io.StringIO(as_csv(name, found)))] == methods
    for text in (as_markdown(name, found), as_html(name, found), as_latex(name, found)):
        assert all(method in text for method in methods)
        for note in TABLES[name].notes:
            assert note[:20] in text
    tabular = as_latex(name, found).split(r"\toprule")[1].split(r"\bottomrule")[0]
    rows = [line for line in tabular.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in rows} == {4 + len(SIZES[name].columns)}
    assert len(rows) == 1 + len(found)


def test_the_verb_writes_what_is_asked_for(tmp_path, capsys):
    metrics = [write_run(tmp_path, 3)]
    outs = {form: tmp_path / f"table1.{form}" for form in ("csv", "json", "markdown", "latex", "html")}
    options = [option for form, path in outs.items() for option in (f"--{form}", str(path))]
    assert main(["published", "table1", "--ours", row(tmp_path, metrics), *options]) == 0
    assert capsys.readouterr().out == ""
    last = json.loads(outs["json"].read_text())["rows"][-1]
    assert (last["map_average"], last["seeds"]) == (0.5, 1)
    assert all("seed 3" in outs[form].read_text() for form in outs)
    assert main(["published", "table2"]) == 0
    assert NOT_RUN in capsys.readouterr().out
