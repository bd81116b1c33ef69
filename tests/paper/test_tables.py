"""Rows against numbers computed here, in all formats."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy import stats

from paper.made import row, write_grouped, write_run
from paper.test_statistics import copied
from react_tad.cli import main
from react_tad.detection.detections import Detections, read_detections
from react_tad.evaluation.average_precision import evaluate
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.files import read_json, write_json
from react_tad.paper.comparison import compare
from react_tad.paper.numbers import TABLES
from react_tad.paper.studies import Study, read_study, readable
from react_tad.paper.tables import as_csv, as_dict, as_html, as_latex, as_markdown


@pytest.fixture
def truth(files):
    return read_ground_truth(files / "annotations.json", "test")


@pytest.fixture
def comparison(study, truth):
    return compare(read_study(json.dumps(study), Study), truth, resamples=200)


def averages(runs, name):
    return [read_json(metrics)["average_map"] for metrics, _ in runs[name]]


def test_means_and_differences(comparison, runs):
    own, reference = averages(runs, "without_sq"), averages(runs, "all")
    found = comparison.rows["without_sq"]
    assert found.average.mean == pytest.approx(np.mean(own))
    assert found.average.std == pytest.approx(np.std(own, ddof=1))
    assert found.difference.spread.mean == pytest.approx(np.mean(own) - np.mean(reference))
    expected = stats.ttest_rel(own, reference).confidence_interval(0.95)
    assert (found.difference.over_seeds.low, found.difference.over_seeds.high) == pytest.approx(tuple(expected))
    assert found.difference.resampled.low < found.difference.spread.mean < found.difference.resampled.high
    assert comparison.rows["all"].difference is None


def test_one_seed_is_paired_with_the_same_seed_and_has_the_interval_over_videos_only(comparison, runs):
    difference = comparison.rows["half_{A}_50%"].difference
    assert difference.spread.mean == pytest.approx(averages(runs, "half_{A}_50%")[0] - averages(runs, "all")[1])
    assert difference.spread.std is None
    assert difference.over_seeds is None
    assert difference.resampled is not None


@pytest.mark.parametrize(
    ("name", "text"),
    [("without_ace_enc", "without ACE-enc"), ("ace_dec", "ACE-dec"), ("iou_decay", "IoU decay"), ("place", "place")],
)
def test_rows_without_a_label_are_spelled_as_in_the_paper(name, text):
    assert readable(name) == text


def test_equal_rows_do_not_differ(study, truth):
    study["rows"]["again"] = study["rows"]["all"]
    difference = compare(read_study(json.dumps(study), Study), truth, resamples=50).rows["again"].difference
    assert difference.spread.mean == 0
    assert not difference.over_seeds.excludes_zero
    assert (difference.resampled.low, difference.resampled.high) == (0, 0)


def test_without_annotations_there_is_no_interval_over_videos(study):
    comparison = compare(read_study(json.dumps(study), Study))
    assert all(own.difference is None or own.difference.resampled is None for own in comparison.rows.values())
    assert "bootstrap" not in as_markdown(comparison)


GROUPS = {"v0": "anna", "v1": "ben", "v2": "anna", "v3": "ben", "v4": "anna"}
"""v5 has none, and is the third unit."""


@pytest.fixture
def grouped(files):
    return read_ground_truth(write_grouped(files, GROUPS), "test")


def test_the_interval_over_groups_is_that_of_copied_recordings(study, grouped, runs):
    """Drawn group by group, each with all its recordings under new names, and evaluated as any other data set."""
    random, units = np.random.default_rng(0), [["v0", "v2", "v4"], ["v1", "v3"], ["v5"]]
    instances = [15, 10, 0]  # five in each of the first five videos
    draws = []
    while len(draws) < 40:  # those without an instance are drawn again; an interval does not depend on the order
        draws += [own for own in random.multinomial(3, [1 / 3] * 3, size=40 - len(draws)) if own @ instances]
    differences = []
    for drawn in draws:
        times = {video: int(count) for unit, count in zip(units, drawn, strict=True) for video in unit}
        means = {}
        for name in ("all", "without_sq"):
            values = []
            for _, detections in runs[name]:
                found = read_detections(detections)
                many = copied(*only_test(grouped, found), [times[video] for video in grouped.videos])
                values.append(evaluate(*many).average_map)
            means[name] = np.mean(values)
        differences.append(means["without_sq"] - means["all"])
    compared = compare(read_study(json.dumps(study), Study), grouped, resamples=40)
    interval = compared.rows["without_sq"].difference.resampled
    assert (compared.kind, compared.units, compared.resamples) == ("groups", 3, 40)
    assert [interval.low, interval.high] == pytest.approx(np.quantile(differences, [0.025, 0.975]), abs=1e-12)


def only_test(truth, found):
    """The detections in videos of the ground truth, numbered as these are."""
    position = {name: number for number, name in enumerate(truth.videos)}
    numbers = np.array([position.get(found.videos[video], -1) for video in found.video])
    kept = numbers >= 0
    columns = {name: getattr(found, name)[kept] for name in ("start", "end", "label", "score")}
    return truth, Detections(videos=truth.videos, classes=found.classes, video=numbers[kept], **columns)


def test_what_was_resampled_is_said_in_every_format(study, truth, grouped):
    for ground_truth, kind, units in ((truth, "videos", 6), (grouped, "groups", 3)):
        compared = compare(read_study(json.dumps(study), Study), ground_truth, resamples=20)
        for text in (as_markdown(compared), as_html(compared), as_latex(compared).replace(r"\%", "%")):
            assert f"95 % over {kind} ({units})" in text
            assert f"percentile bootstrap of the {units} {kind}" in text
        document = as_dict(compared)
        assert (document["resampled_over"], document["resampled_units"]) == (kind, units)
        for own in csv.DictReader(io.StringIO(as_csv(compared))):
            assert (own["resampled_over"], own["resampled_units"]) == (kind, str(units))
            assert (own["resampled_low"] != "") == (own["row"] != "all")


def test_a_single_group_gives_no_interval(study, files):
    """Each resample would be the same, and the interval a point that excludes 0."""
    one = read_ground_truth(write_grouped(files, {f"v{video}": "anna" for video in range(6)}), "test")
    compared = compare(read_study(json.dumps(study), Study), one, resamples=20)
    assert compared.rows["without_sq"].difference.resampled is None
    assert "Over groups: no interval, since there is a single one to draw." in as_markdown(compared)
    assert as_dict(compared)["resampled_over"] is None


def test_csv_and_json_hold_the_same_fractions(comparison, runs):
    rows = {each["row"]: each for each in csv.DictReader(io.StringIO(as_csv(comparison)))}
    document = json.loads(json.dumps(as_dict(comparison), allow_nan=False))
    assert list(rows) == list(document["rows"]) == ["all", "without_sq", "half_{A}_50%"]
    for name, own in rows.items():
        for key, value in document["rows"][name].items():
            assert own[key] == ("" if value is None else str(value))
    assert float(rows["all"]["map_average_mean"]) == pytest.approx(np.mean(averages(runs, "all")), abs=1e-15)
    printed = TABLES["table3"].rows["without_sq"]
    own = document["rows"]["without_sq"]
    assert (own["paper_0.3"], own["paper_average"], own["paper_difference"]) == (0.67, 0.521, -0.029)
    assert own["label"] == printed.label
    assert document["rows"]["half_{A}_50%"]["paper_average"] is None


def test_markdown_has_the_papers_row_below_ours(comparison):
    lines = [line for line in as_markdown(comparison).splitlines() if line.startswith("|")]
    assert len({line.count("|") - line.count("\\|") for line in lines}) == 1
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "all: RAID, ACE, SQ", "*paper*", "without SQ", "*paper*", "half {A} 50%",
    ]  # fmt: skip
    assert "*52.1* | *−2.9*" in lines[5]


def test_marks_stand_where_zero_is_excluded(comparison):
    for line in as_markdown(comparison).splitlines():
        for low, high, mark in re.findall(r"\[(−?[\d.]+), (−?[\d.]+)\]([†‡]?)", line):
            ends = [float(end.replace("−", "-")) for end in (low, high)]
            assert bool(mark) == (ends[0] > 0 or ends[1] < 0)


def test_footnotes_of_the_paper_are_shown(comparison):
    for text in (as_markdown(comparison), as_latex(comparison)):
        assert all(note in text for note in TABLES["table3"].notes)


def test_latex_is_well_formed(comparison):
    text = as_latex(comparison)
    assert text.isascii() or set(re.findall(r"[^\x00-\x7f]", text)) <= set("“”")
    depth = 0
    for character in re.sub(r"\\[{}]", "", text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    assert re.findall(r"\\(begin|end)\{(\w+)\}", text) == [
        ("begin", "table"), ("begin", "tabular"), ("end", "tabular"), ("end", "table"),
    ]  # fmt: skip
    columns = re.search(r"\\begin\{tabular\}\{(\w+)\}", text)[1]
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert [len(re.split(r"(?<!\\)&", line)) for line in rows] == [len(columns)] * 6
    assert [body.count(rule) for rule in (r"\toprule", r"\midrule")] == [1, 1]
    assert r"half \{A\} 50\%" in body
    assert r"\caption{Parts \& pieces}" in text


def test_html_is_well_formed_and_has_the_cells_of_markdown(comparison):
    page = ElementTree.fromstring(
        as_html(comparison).removeprefix("<!DOCTYPE html>").replace('<meta charset="utf-8">', "")
    )
    header, *lines = [[cell.text or "" for cell in row] for row in page.iter("tr")]
    assert {len(line) for line in lines} == {len(header)}
    table = [line for line in as_markdown(comparison).splitlines() if line.startswith("| ")]
    assert [line[0] for line in lines] == [line.split(" | ")[0].strip("|* ").replace("\\", "") for line in table[1:]]


def test_a_row_that_starts_with_a_bracket_is_no_argument_of_the_line_break(study):
    study["rows"]["all"]["label"] = "[all]"
    assert "\n{}[all] &" in as_latex(compare(read_study(json.dumps(study), Study)))


def test_the_verb_writes_all_formats(study, files, tmp_path, capsys):
    description = tmp_path / "study.json"
    description.write_text(json.dumps(study))
    outputs = {name: tmp_path / f"table.{name}" for name in ("csv", "json", "markdown", "latex", "html")}
    options = [part for name, path in outputs.items() for part in (f"--{name}", str(path))]
    more = ["--annotations", str(files / "annotations.json"), "--subset", "test", "--resamples", "50"]
    assert main(["table", "--study", str(description), *more, *options]) == 0
    first = {name: path.read_bytes() for name, path in outputs.items()}
    assert main(["table", "--study", json.dumps(study), *more, *options]) == 0
    assert {name: path.read_bytes() for name, path in outputs.items()} == first
    capsys.readouterr()
    assert main(["table", "--study", json.dumps(study)]) == 0
    assert capsys.readouterr().out.startswith("**Parts & pieces**")


def wrong(change, study, message, capsys, files):
    change(study)
    assert main(["table", "--study", json.dumps(study), "--annotations", str(files / "annotations.json")]) == 1
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda study: study.update(reference="none"), "reference 'none' should be a row: all, without_sq"),
        (lambda study: study.update(refrence="all"), "refrence"),
        (lambda study: study.update(paper="table9"), "table9.*table3"),
        (lambda study: study["rows"]["all"]["detections"].pop(), "2 detections files for 3 metrics files"),
        (lambda study: study["rows"]["all"].update(metrics=[]), "rows.all.metrics"),
        (lambda study: study["rows"]["all"].update(metrics=study["rows"]["all"]["metrics"][:1] * 3), "seed 0 twice"),
        (lambda study: study["rows"]["all"]["detections"].reverse(), "all_2_found.json: average mAP .*all_0.json says"),
    ],
)
def test_wrong_studies_are_named(change, message, study, capsys, files):
    wrong(change, study, message, capsys, files)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "others"}, "dataset others, but .*dataset made"),
        ({"tiou": "0.5,0.75"}, "tIoU thresholds 0.5, 0.75, but"),
        ({"definition": "thumos14"}, "definition thumos14, but"),
    ],
)
def test_what_cannot_be_compared_is_named(options, message, study, capsys, files):
    other = row([write_run(files, "other", 0, noise=0.5, **options)])
    wrong(lambda each: each["rows"].update(other=other), study, message, capsys, files)


def test_folds_are_not_mixed_and_are_said(study, capsys, files):
    paths = study["rows"]["all"]["metrics"][:1] + study["rows"]["without_sq"]["metrics"][:1]
    of_all = [str(files / f"of_all_{number}.json") for number in range(2)]
    for path, copy in zip(paths, of_all, strict=True):
        write_json(copy, read_json(path) | {"fold": "all"})
    other = {"name": "f", "reference": "a", "rows": {"a": {"metrics": of_all[:1]}, "b": {"metrics": of_all[1:]}}}
    compared = compare(read_study(json.dumps(other), Study))
    assert "- made, test, all folds together: mAP in per cent" in as_markdown(compared)
    assert as_dict(compared)["fold"] == "all"
    wrong(lambda each: each["rows"].update(c={"metrics": paths[:1]}), other, "fold None, but .*fold all", capsys, files)


def test_only_interpolated_ap_is_resampled(capsys, files):
    run = write_run(files, "official", 0, noise=0.5, definition="thumos14")
    study = {"name": "official", "reference": "a", "rows": {"a": row([run]), "b": row([run])}}
    wrong(lambda each: None, study, "thumos14.*leave the detections out", capsys, files)
    study = {"name": "official", "reference": "a", "rows": {name: row([run], detections=False) for name in "ab"}}
    assert main(["table", "--study", json.dumps(study)]) == 0


def test_videos_are_resampled_under_the_profile_of_the_metrics(files, tmp_path, monkeypatch):
    own = tmp_path / "made.yaml"
    own.write_text("test: {five: {used_by: a test, origin: made up, leave_out: {videos: [v2]}}}")
    monkeypatch.setattr("react_tad.evaluation.profiles.catalogue.profile_file", lambda dataset: own)
    runs = {name: [write_run(files, name, 0, noise=noise, profile="five")] for name, noise in (("a", 0.4), ("b", 1.2))}
    study = {"name": "p", "reference": "a", "rows": {name: row(of_row) for name, of_row in runs.items()}}
    truth = read_ground_truth(files / "annotations.json", "test")
    found = compare(read_study(json.dumps(study), Study), truth, resamples=50)
    assert (found.setting["profile"], found.units, len(truth.videos)) == ("five", 5, 6)
    assert found.rows["b"].difference.resampled is not None
