import hashlib
import json
import subprocess

import pytest

from react_tad.cli import main
from react_tad.evaluation.provenance import as_html, collect, commit, packages

EXPERIMENT = {
    "dataset": "tiny",
    "first": "full",
    "parameters": {"model.dim": 8, "soft_nms.sigma": 0.4},
    "differences": {"full": {}, "wide": {"soft_nms.sigma": "<0.8>"}},
    "seeds": {"full": [0, 1], "wide": [2]},
}


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    (tmp_path / "followed.txt").write_text("before")
    for arguments in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "--message", "first")):
        subprocess.run(["git", *arguments], check=True)
    return tmp_path


def test_the_commit_and_what_was_changed_since(repository):
    head = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    assert commit() == {"commit": head, "changed": []}
    (repository / "new.txt").write_text("git does not follow this")
    assert commit()["changed"] == []
    (repository / "followed.txt").write_text("after")
    assert commit() == {"commit": head, "changed": ["followed.txt"]}


def test_no_repository_is_no_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert commit() == {}
    assert "not in a git repository" in as_html(collect(EXPERIMENT, []))


def test_packages_are_those_that_are_imported():
    import numpy

    assert packages()["numpy"] == numpy.__version__


def test_checksums_are_those_of_the_arrays(tiny):
    paths = sorted(tiny.glob("features/*.json"))
    splits = collect(EXPERIMENT, paths)["data"]
    assert len(splits) == 3
    for path, split in zip(paths, splits, strict=True):
        assert split["sha256"] == hashlib.sha256(path.with_suffix(".npy").read_bytes()).hexdigest()


def test_the_verb_writes_both_and_the_page_escapes_what_it_shows(tiny, tmp_path):
    arguments = ["provenance", "--experiment", json.dumps(EXPERIMENT), "--features", str(tiny / "features/test.json")]
    out = {kind: tmp_path / f"provenance.{kind}" for kind in ("json", "html")}
    assert main([*arguments, "--json", str(out["json"]), "--html", str(out["html"])]) == 0
    written, page = json.loads(out["json"].read_text()), out["html"].read_text()
    assert written["experiment"] == EXPERIMENT
    assert written["machine"]["cores"] >= 1 and written["machine"]["memory_gib"] > 0
    assert written["data"][0]["sha256"] in page and written["software"]["torch"] in page
    assert "soft_nms.sigma = &lt;0.8&gt;" in page and "0, 1" in page
