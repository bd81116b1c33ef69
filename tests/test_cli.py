"""The command line as a whole: what is said of values that cannot be."""

import gc
import subprocess
import sys

import pytest

from react_tad.cli import main

TIMELINE = ("plot", "timeline", "--annotations", "a.json", "--detections", "d.json", "--out", "x.svg")


def usage(capsys, *arguments):
    """What is printed where arguments are not understood."""
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("name", ["--0edUL8zmA", "-_hbPLsZvvo", "--a=b"])
def test_names_that_begin_with_dashes(capsys, name):
    """As the names of videos on the web do."""
    assert f"a value that begins with a dash is given as --video={name}\n" in usage(capsys, *TIMELINE, "--video", name)
    assert main([*TIMELINE, f"--video={name}"]) == 1
    assert "No such file or directory: 'a.json'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "more", [("--video",), ("--video", "--subset", "test"), ("--video", "--subset=test"), ("--x",)]
)
def test_no_hint_where_there_is_no_such_value(capsys, more):
    assert "begins with a dash" not in usage(capsys, *TIMELINE, *more)


CFG_VERBS = {
    "fetch": ("--to", "t"),
    "features": ("--raw", "r", "--annotations", "a", "--features", "f"),
    "windows": ("--features", "f.json", "--annotations", "a.json", "--out", "w.json"),
    "suppress": ("--raw", "r.npz", "--out", "o.json"),
    "evaluate": ("--annotations", "a.json", "--detections", "d.json", "--subset", "test"),
}


@pytest.mark.parametrize("verb", CFG_VERBS)
@pytest.mark.parametrize(
    ("cfg", "message"),
    [
        ("[]", "--cfg []: should be an object of JSON"),
        ("null", "--cfg null: should be an object of JSON"),
        ('"toy"', "should be an object of JSON"),
        ("{", "--cfg is not valid JSON"),
        ("", "--cfg is not valid JSON: it is empty"),
        ('{"a": NaN}', "--cfg: a = nan should be a finite number"),
        ('{"a": 1, "a": 2}', "--cfg: 'a' stands there twice"),
        ("[" * 100_000, "--cfg: lists and objects are nested more than 100 deep"),
        ('{"dataset": 5, "windows": 5, "soft_nms": 5, "evaluation": 5}', "--cfg"),
    ],
    ids=range(9),
)
def test_a_cfg_that_is_none_is_named(capsys, verb, cfg, message):
    assert main([verb, "--cfg", cfg, *CFG_VERBS[verb]]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"react-tad {verb}: ") and message in error


@pytest.mark.parametrize("verb", ["fetch", "features"])
@pytest.mark.parametrize(("cfg", "named"), [("{}", "None"), ('{"dataset": ["toy"]}', "['toy']")])
def test_a_cfg_names_a_data_set(capsys, verb, cfg, named):
    assert main([verb, "--cfg", cfg, *CFG_VERBS[verb]]) == 1
    assert f"--cfg: dataset = {named} should be the name of a data set" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("data", "describe", "toy", "--options", "[]"), "--options []: should be an object"),
        (("data", "describe", "toy", "--options", "{"), "--options is not valid JSON"),
        (
            ("provenance", "--experiment", "1", "--features", "f", "--json", "j", "--html", "h"),
            "--experiment 1: should be",
        ),
        (("params", "show", "full", "--set", "train.epochs=[[1"), "--set train.epochs is not valid YAML"),
        (("params", "show", "full", "--set", "train.epochs=" + "[" * 9000), "nested more than 100 deep"),
    ],
)
def test_other_arguments_that_are_parsed(capsys, arguments, message):
    assert main(list(arguments)) == 1
    assert message in capsys.readouterr().err


AFTERWARDS = """
import atexit, gc, sys
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # runs after what is registered later
from react_tad.cli import main
sys.argv = ["react-tad", "params", "show", "full"]
main({argv})
print(gc.get_threshold()[0] > {before})
"""


@pytest.mark.parametrize(("argv", "own"), [("", True), ("sys.argv[1:]", False)], ids=["a process", "a call"])
def test_only_a_process_of_its_own_collects_little_garbage(argv, own):
    code = AFTERWARDS.format(argv=argv, before=gc.get_threshold()[0])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-2:] == [str(own)] * 2


def test_a_verb_that_does_not_exist_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["detectt"])
    assert "detectt" in capsys.readouterr().err
