import numpy as np
import pytest

from react_tad.cli import main
from react_tad.pictures.loss_curves import panels
from react_tad.training.log import read_log

LOG = """epoch,stage,lr,train_total,train_l1,validation_l1,validation_map,train_unused
1,first,2e-4,3.5,,,,
2,joint,2e-4,2.5,0.5,nan,0.25,
3,joint,2e-5,1.5,0.25,0.75,,
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(LOG)
    return path


def test_blank_is_not_a_number(log):
    columns = read_log(log)
    assert columns["stage"].tolist() == ["first", "joint", "joint"]
    np.testing.assert_array_equal(columns["train_l1"], [np.nan, 0.5, 0.25])
    assert np.isnan(columns["train_unused"]).all()


def test_a_panel_for_every_loss(log):
    assert panels(read_log(log)) == {
        "total": {"train_": "train_total"},
        "l1": {"train_": "train_l1", "validation_": "validation_l1"},
        "map": {"validation_": "validation_map"},
        "unused": {"train_": "train_unused"},
        "learning rate": {"": "lr"},
    }


def test_several_logs_of_different_length(log, tmp_path):
    shorter = tmp_path / "shorter.csv"
    shorter.write_text("".join(LOG.splitlines(keepends=True)[:3]))
    for name in ("first.svg", "second.svg"):
        assert main(["plot", "losses", "--log", str(log), str(shorter), "--out", str(tmp_path / name)]) == 0
    assert (tmp_path / "first.svg").read_bytes() == (tmp_path / "second.svg").read_bytes()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch,train_total\n", "at least one row"),
        ("step,train_total\n1,2\n", "column 'epoch'"),
        ("epoch,train_total\n1,low\n", "column 'train_total'.*'low'"),
    ],
)
def test_wrong_logs_are_named(tmp_path, text, message):
    path = tmp_path / "log.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"log\.csv.*{message}"):
        read_log(path)


def test_logs_of_different_columns(log, tmp_path, capsys):
    other = tmp_path / "other.csv"
    other.write_text("epoch,train_total\n1,2\n")
    assert main(["plot", "losses", "--log", str(log), str(other), "--out", str(tmp_path / "l.svg")]) == 1
    assert "different columns" in capsys.readouterr().err
