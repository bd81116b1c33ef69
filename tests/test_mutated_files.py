"""Files with something wrong in them: an error that names the file, or the right result; never a traceback or a hang.

``REACT_TAD_MUTATIONS=5000 pytest tests/test_mutated_files.py`` tries as many of each kind.
"""

import contextlib
import io
import itertools
import json
import os
import re
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mutations import damaged, mutated
from react_tad.cli import main
from react_tad.data import own_files
from react_tad.data.annotation_formats.json_database import read_json_database
from react_tad.data.annotations import read_annotations
from react_tad.data.datasets import Recording, custom
from react_tad.data.download import verify_raw
from react_tad.data.features import FeatureStore, write_features
from react_tad.data.first_use import FirstUse
from react_tad.data.splits import use_subsets
from react_tad.data.video_scores import read_video_scores
from react_tad.data.windows import WindowIndex
from react_tad.detection.detections import read_detections, write_detections
from react_tad.evaluation.ground_truth import read_ground_truth
from react_tad.evaluation.profiles.catalogue import read_video_names
from react_tad.evaluation.summary import as_csv, read_metrics, summarize
from react_tad.files import read_json
from react_tad.paper.published import read_rows
from react_tad.paper.studies import LogStudy, Study, Sweep, read_study
from react_tad.params.fusion import Fusion

MANY = int(os.environ.get("REACT_TAD_MUTATIONS", "0"))
SLOW = 30
"""Seconds that nothing takes, on however busy a machine."""


def tried(count):
    """The same inputs in each run, ``count`` of them, or as many as the environment says."""
    return settings(
        max_examples=MANY or count,
        derandomize=not MANY,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


ANNOTATIONS = {
    "version": "made",
    "taxonomy": [
        {"nodeId": 0, "nodeName": "Root", "parentId": None, "parentName": None},
        {"nodeId": 1, "nodeName": "nod", "parentId": 0, "parentName": "Root"},
        {"nodeId": 2, "nodeName": "wave", "parentId": 0, "parentName": "Root"},
    ],
    "database": {
        "a": {
            "subset": "test",
            "duration": 20.5,
            "fps": 25,
            "annotations": [{"label": "nod", "segment": [1.5, 4]}, {"label": "wave", "segment": [6, 9.25]}],
        },
        "b": {"subset": "test", "duration": 9, "annotations": [{"label": "Ambiguous", "segment": [0, 1]}]},
        "c": {"subset": "training", "duration": 9, "annotations": [{"label": "wave", "segment": [2, 5]}]},
    },
}
DETECTIONS = {
    "version": "made",
    "results": {
        "a": [
            {"label": "nod", "segment": [1.25, 4], "score": 0.9},
            {"label": "wave", "segment": [6, 8], "score": 0.5},
            {"label": "wave", "segment": [1, 2], "score": 0.25},
        ],
        "b": [{"label": "nod", "segment": [0, 3], "score": 0.125}],
    },
    "external_data": {},
}
METRICS = {
    "dataset": "toy",
    "variant": "full",
    "seed": 0,
    "definition": "activitynet",
    "subset": "test",
    "counts": {"videos": 1},
    "per_tiou": {"0.3": 0.5, "0.5": 0.25},
    "average_map": 0.375,
    "per_class": {"nod": {"0.3": 0.5, "0.5": 0.25}},
}
SCORES = {"class": ["nod", "wave"], "results": {"a": [0.25, 0.75], "b": [0, 1]}}
SCORE_PAIRS = {"results": {"a": [{"label": "nod", "score": 0.25}, {"label": "wave", "score": 1}], "b": []}}
RAW = {"dataset": "toy", "options": {}, "files": [{"name": "x.tar", "sha256": "0" * 64, "bytes": 3, "source": "web"}]}
OWN = {"dataset": "custom", "split": "test", "content": "0" * 64, "own_files": {"a": {"sha256": "0" * 64, "bytes": 10}}}
MEMORY = {"/data/a.npy": {"state": ["a", 1, 2, 3], "seen": "0" * 64}}
FIRST_USE = {"x.tar": {"sha256": "0" * 64, "bytes": 3, "source": "web"}}
STUDY = {"name": "s", "reference": "full", "rows": {"full": {"metrics": ["m.json"], "detections": ["d.json"]}}}
SWEEP = {"name": "s", "parameter": "train.lr", "points": [{"value": 0.1, "metrics": ["m.json"]}]}
LOGS = {"name": "s", "rows": {"full": {"logs": ["log.csv"], "label": "Full"}}}
ROWS = [{"preset": "paper", "window": 256, "description": "model.json", "metrics": ["m.json"]}]
WINDOWS = {
    "split": "test",
    "windows": {"length": 16, "stride": 8},
    "counts": {"clipped": 0},
    "classes": ["nod", "wave"],
    "instances": [{"video": "a", "segment": [1.5, 4], "label": 0}],
    "index": [
        {
            "video": "a",
            "first": 0,
            "length": 16,
            "segments": [[1.5, 4]],
            "labels": [0],
            "inside": [1],
            "instances": [0],
        },
        {"video": "b", "first": 0, "length": 7, "segments": [], "labels": [], "inside": [], "instances": []},
    ],
}


@pytest.fixture
def fresh(tmp_path):
    """Gives a new empty folder at each call."""
    numbers = itertools.count()

    def folder():
        made = tmp_path / str(next(numbers))
        made.mkdir()
        return made

    return folder


def scores(path):
    return read_video_scores(Fusion(enabled=True, source="cuhk", scores=str(path), softmax=True))


def features(path):
    """All of a split; the array beside the manifest is the right one."""
    folder = path.parent / "right"
    if not folder.exists():
        array = np.arange(12.0).reshape(6, 2)
        recordings = [
            Recording(
                video=name,
                subset="test",
                duration=3.0,
                instances=(),
                features=part,
                seconds_per_snippet=0.5,
                first_center_seconds=0.25,
            )
            for name, part in (("a", array[:4]), ("b", array[4:]))
        ]
        write_features(folder, dataset="toy", split="test", recordings=recordings, source={"files": []})
    path.with_suffix(".npy").write_bytes((folder / "test.npy").read_bytes())
    store = FeatureStore(path)
    return [store[video].sum() for video in store]


def raw_manifest(path):
    """Of a folder whose one file is there, with another content."""
    path.rename(path.with_name("manifest.json"))
    (path.parent / "x.tar").write_text("abc")
    verify_raw(path.parent, "toy", ["x.tar"])


def own_manifest(path):
    """Of one recording that is still as it was."""
    path.rename(path.with_name("test.json"))
    found = SimpleNamespace(
        videos=lambda split: ["a"],
        content=lambda split, listing, backbone: "0" * 64,
        annotations=SimpleNamespace(where="annotations.json"),
    )
    custom.recorded_listing(path.parent, "test", found)


def memory(path):
    path.rename(path.with_name(own_files.MEMORY))
    assert own_files.remembered({}, path.parent, lambda name, file: None) == {}


def first_use(path):
    path.rename(path.with_name("checksums.json"))
    FirstUse(path.parent)


FEATURES = {
    "dataset": "toy",
    "split": "test",
    "dimension": 2,
    "dtype": "float32",
    "source": {"files": []},
    "sha256": "0" * 64,
    "videos": [
        {"video": "a", "offset": 0, "length": 4, "seconds_per_snippet": 0.5, "first_center_seconds": 0.25},
        {"video": "b", "offset": 4, "length": 2, "seconds_per_snippet": 0.5, "first_center_seconds": 0.25},
    ],
}

READERS = {
    "annotations": (ANNOTATIONS, read_annotations),
    "ground truth": (ANNOTATIONS, lambda path: read_ground_truth(path, "test")),
    "own annotations": (ANNOTATIONS, lambda path: use_subsets(read_json(path), {"test": "test"}, where=str(path))),
    "annotations of others": (ANNOTATIONS, lambda path: read_json_database(path, ("nod", "wave"))),
    "detections": (DETECTIONS, read_detections),
    "class scores": (SCORES, scores),
    "listed class scores": (SCORE_PAIRS, scores),
    "metrics": (METRICS, lambda path: as_csv(summarize([read_metrics(path)]))),
    "windows": (WINDOWS, lambda path: list(WindowIndex.read(path))),
    "features": (FEATURES, features),
    "names of a manifest": (FEATURES, lambda path: set(read_video_names(path))),
    "raw files": (RAW, raw_manifest),
    "own files": (OWN, own_manifest),
    "own checksums": (MEMORY, memory),
    "first use": (FIRST_USE, first_use),
    "study": (STUDY, lambda path: read_study(str(path), Study)),
    "sweep": (SWEEP, lambda path: read_study(str(path), Sweep)),
    "logs": (LOGS, lambda path: read_study(str(path), LogStudy)),
    "rows": (ROWS, lambda path: read_rows(str(path))),
}


@pytest.mark.parametrize("kind", READERS)
def test_readers_name_the_file_or_read_it(fresh, kind):
    document, reader = READERS[kind]
    either = st.one_of(mutated(document).map(str.encode), damaged(json.dumps(document, indent=1).encode()))

    @tried(60)
    @given(content=either)
    def holds(content):
        folder = fresh()
        path = folder / "mutated.json"
        path.write_bytes(content)
        began = time.process_time()
        try:
            reader(path)
        except (ValueError, OSError) as error:
            named = str(folder) in str(error) and type(error) is not UnicodeEncodeError
            # rows name files, of which no name here is that of one: the message is about that one
            of_other_file = kind == "rows" and (getattr(error, "filename", "") or "the name of a file" in str(error))
            assert named or of_other_file, f"{type(error).__name__} {error} does not name the file"
        assert time.process_time() - began < SLOW

    holds()


def evaluated(annotations, detections, *more):
    """(exit status, what is said of errors, metrics or None) of ``react-tad evaluate``, in this process."""
    out = annotations.parent / "metrics.json"
    files = ["--annotations", str(annotations), "--detections", str(detections), "--json", str(out)]
    said = io.StringIO()
    began = time.process_time()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("error")  # such as an overflow, which makes numbers wrong
        status = main(["evaluate", *files, "--subset", "test", "--unknown-labels", "ignore", *more])
    assert time.process_time() - began < SLOW
    return status, said.getvalue(), json.loads(out.read_text()) if out.exists() else None


def entries_of(database, results):
    """How many instances of subset test there are, and how many detections, by a plain reading of good documents."""
    of_test = [entry for entry in database.values() if entry["subset"].casefold() == "test"]
    labels = [each["label"] for entry in of_test for each in entry.get("annotations", [])]
    return len(labels) - labels.count("Ambiguous"), sum(map(len, results.values()))


def check_outcome(folder, which, status, said, metrics):
    """An error that names the changed file, or metrics that account for every entry of both files."""
    if status:
        assert status == 1 and metrics is None
        assert str(folder / which) in said, said
        assert "Traceback" not in said
        return
    annotations, detections = (json.loads((folder / name).read_text("utf-8-sig")) for name in ("a.json", "d.json"))
    instances, found = entries_of(annotations["database"], detections["results"])
    counts = metrics["counts"]
    assert counts["instances"] == instances
    assert found == counts["detections"] + sum(count for key, count in counts.items() if key.startswith("ignored"))
    assert 0 <= metrics["average_map"] <= 1


@pytest.mark.parametrize(("which", "document"), [("a.json", ANNOTATIONS), ("d.json", DETECTIONS)])
@pytest.mark.parametrize("more", [(), ("--proposals",)], ids=["mAP", "proposals"])
def test_evaluate_names_the_file_or_is_right(fresh, which, document, more):
    @tried(150)
    @given(text=mutated(document))
    def holds(text):
        folder = fresh()
        (folder / "a.json").write_text(json.dumps(ANNOTATIONS))
        (folder / "d.json").write_text(json.dumps(DETECTIONS))
        (folder / which).write_text(text)
        status, said, metrics = evaluated(folder / "a.json", folder / "d.json", *more)
        if more and not status:
            metrics = metrics | {"average_map": metrics["auc"]}
            metrics["counts"] = metrics["counts"] | {"detections": metrics["counts"].pop("proposals")}
        check_outcome(folder, which, status, said, metrics)

    holds()


@pytest.mark.parametrize("name", ["d.json", "d.csv", "a.json", "a.csv"])
def test_evaluate_of_damaged_text_names_the_file_or_runs(fresh, name):
    folder = fresh()
    (folder / "a.json").write_text(json.dumps(ANNOTATIONS))
    (folder / "d.json").write_text(json.dumps(DETECTIONS))
    write_detections(folder / "d.csv", read_detections(folder / "d.json"))
    table = "video,start,end,label,subset,duration\n"
    for video, entry in ANNOTATIONS["database"].items():
        for instance in entry["annotations"]:
            times = ",".join(map(str, instance["segment"]))
            table += f"{video},{times},{instance['label']},{entry['subset']},{entry['duration']}\n"
    (folder / "a.csv").write_text(table)
    content = (folder / name).read_bytes()

    @tried(60)
    @given(changed=damaged(content))
    def holds(changed):
        own = fresh()
        path = own / name
        path.write_bytes(changed)
        files = {"a": folder / "a.json", "d": folder / "d.json"} | {name[0]: path}
        (own / "metrics.json").unlink(missing_ok=True)
        (folder / "metrics.json").unlink(missing_ok=True)
        status, said, metrics = evaluated(files["a"], files["d"])
        if status:
            assert status == 1 and metrics is None and str(path) in said and "Traceback" not in said
        else:
            assert 0 <= metrics["average_map"] <= 1

    holds()


CELLS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
TIMES = st.floats(-1e9, 1e9)
SCORES_FOUND = st.floats(allow_nan=False, allow_infinity=False)


@tried(40)
@given(
    names=st.lists(CELLS, min_size=1, max_size=4, unique=True),
    labels=st.lists(CELLS, min_size=1, max_size=3, unique=True),
    rows=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), TIMES, TIMES.map(abs), SCORES_FOUND), max_size=8),
)
def test_any_detections_go_from_json_to_a_table_and_back(fresh, names, labels, rows):
    """The same bytes of JSON again, whatever the names and numbers."""
    folder = fresh()
    results = {name: [] for name in names}
    for video, label, start, length, score in rows:
        entry = {"label": labels[label % len(labels)], "segment": [start, start + length], "score": score}
        results[names[video % len(names)]].append(entry)
    (folder / "0.json").write_text(json.dumps({"results": results}))
    previous = folder / "0.json"
    for name in ("1.json", "2.csv", "3.csv.gz", "4.json.gz", "5.json"):
        write_detections(folder / name, read_detections(previous))
        previous = folder / name
    assert (folder / "5.json").read_bytes() == (folder / "1.json").read_bytes()
    assert json.loads((folder / "5.json").read_text())["results"] == results


def test_the_mutations_are_what_they_should_be():
    """Most are refused, some are fine, and the extremes occur."""
    texts = []

    @settings(tried(1), max_examples=500)
    @given(text=mutated(DETECTIONS))
    def collect(text):
        texts.append(text)

    collect()
    assert len(set(texts)) > 100
    for sign in (r"\\ud83d", "NaN", "1" + "0" * 400, r"\[{1000}", "1_0", r"\\u0000"):
        assert any(re.search(sign, text) for text in texts), sign
