"""``workflow/reference.py`` in a small repository with made-up results."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "workflow" / "reference.py"


@pytest.fixture
def repository(tmp_path):
    """A committed repository with results that git does not follow."""
    (tmp_path / ".gitignore").write_text("results/hapt\n")
    (tmp_path / "params.yaml").write_text("seeds: [0]\n")
    results = tmp_path / "results" / "hapt"
    for name in ("summary.csv", "summary.json", "studies/table3.md", "studies/table3.html", "folds/all/folds.csv"):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(f"content of {name}")
    for command in ("init -q", "add .", "-c user.name=a -c user.email=a@b commit -q -m first"):
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    return tmp_path


def keep(folder, *arguments, command="snakemake table3"):
    done = subprocess.run(
        [sys.executable, SCRIPT, *arguments, "--command", command], cwd=folder, text=True, capture_output=True
    )
    return done.returncode, done.stderr


def test_tables_are_kept_with_what_made_them(repository):
    assert keep(repository, "hapt", "summary", "table3") == (0, "")
    kept = repository / "results" / "reference" / "hapt"
    assert {path.name for path in kept.iterdir()} == {"summary.csv", "table3.md", "README.md", "origins.json"}
    assert (kept / "table3.md").read_text() == "content of studies/table3.md"
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=repository, text=True, capture_output=True).stdout.strip()
    origins = json.loads((kept / "origins.json").read_text())
    assert {name: (made["from"], made["command"], made["commit"]) for name, made in origins.items()} == {
        name: ("results/hapt", "snakemake table3", head) for name in ("summary", "table3")
    }
    assert f"- commit: `{head}`" in (kept / "README.md").read_text()


def test_what_is_not_named_stays(repository):
    assert keep(repository, "hapt", "summary", command="first") == (0, "")
    assert keep(repository, "hapt", "table3", command="second") == (0, "")
    origins = json.loads((repository / "results" / "reference" / "hapt" / "origins.json").read_text())
    assert {name: made["command"] for name, made in origins.items()} == {"summary": "first", "table3": "second"}


def test_those_of_folds_have_a_folder_of_their_own(repository):
    assert keep(repository, "hapt/folds/all", "folds") == (0, "")
    assert (repository / "results/reference/hapt/folds/all/folds.csv").read_text() == "content of folds/all/folds.csv"


def test_without_a_commit_that_made_them_nothing_is_kept(repository):
    (repository / "params.yaml").write_text("seeds: [1]\n")
    status, said = keep(repository, "hapt", "summary")
    assert status == 1
    assert "commit first: params.yaml" in said
    assert not (repository / "results" / "reference").exists()


def test_what_is_not_there_or_too_large_is_refused(repository):
    status, said = keep(repository, "hapt", "summary", "table4")
    assert status == 1
    assert "results/hapt has no results of 'table4'; run `snakemake --cores 8 table4`" in said
    (repository / "results/hapt/summary.csv").write_bytes(b" " * 1_000_001)
    status, said = keep(repository, "hapt", "summary")
    assert status == 1
    assert "summary.csv: 1000001 bytes" in said
    assert not (repository / "results" / "reference").exists()
