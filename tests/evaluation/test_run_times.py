import shutil

import pytest

from react_tad.cli import main
from react_tad.evaluation.run_times import read_benchmarks, shares

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def benchmarks(tmp_path):
    files = {
        "features.tsv": "2.0\t0:00:02\t100\t-\t-\t-\t0\t0\t90\t1.5\n",
        "windows_test.tsv": "0.5\t0:00:00\t-\t-\t-\t-\t-\t-\t-\t-\n",
        "windows_training.tsv": "0.5\t0:00:00\t80\t-\t-\t-\t0\t0\t90\t0.25\n",
        "train/full_seed0.tsv": "3.0\t0:00:03\t400\t-\t-\t-\t0\t0\t90\t3.0\n",
        "train/full_seed1.tsv": "4.0\t0:00:04\t500\t-\t-\t-\t0\t0\t90\t3.5\n",
    }
    for name, line in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HEADER + line)
    return tmp_path


def test_steps_are_added_up_by_hand(benchmarks):
    table = shares(read_benchmarks(benchmarks))
    assert list(table.index) == ["train", "features", "windows"]
    assert table.loc["train"].tolist() == pytest.approx([2, 7.0, 0.7])
    assert table.loc["windows"].tolist() == pytest.approx([2, 1.0, 0.1])


def test_folders_of_folds_are_read_together(benchmarks):
    """logs/toy/folds has a folder ``benchmarks`` for each fold, and for all of them."""
    alone = shares(read_benchmarks(benchmarks))
    folds = benchmarks.parent / "folds"
    for name in ("1", "2", "all"):
        shutil.copytree(benchmarks, folds / name / "benchmarks")
    table = shares(read_benchmarks(folds))
    assert list(table.index) == list(alone.index)
    assert table["jobs"].tolist() == [3 * jobs for jobs in alone["jobs"]]


def test_the_verb_prints_and_writes(benchmarks, tmp_path, capsys):
    assert main(["times", str(benchmarks), "--csv", str(tmp_path / "times.csv")]) == 0
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()][1] == ["train", "2", "7.0"]
    assert (tmp_path / "times.csv").read_text().startswith("step,jobs,wall_s,share\ntrain,2,7.0,0.7")


def test_no_benchmarks_is_an_error_that_names_the_folder(tmp_path, capsys):
    assert main(["times", str(tmp_path)]) == 1
    assert str(tmp_path) in capsys.readouterr().err
