import json

import numpy as np
import pytest
import torch

from react_tad.cli import main
from react_tad.params.windows import Windows
from react_tad.training.settings import Settings
from react_tad.training.step_timing import PARTS, RECORDINGS, WINDOWS, Size, generate, measure
from small import resolve

SMALL = Size(Windows(length=64, stride=16), dimension=6, classes=3)
CPU = torch.device("cpu")
OPTIONS = {"device": CPU, "steps": 2, "warmup": 1, "keep": False, "trace": None}


def settings(preset="paper", **overrides):
    cfg = json.loads(resolve(preset, overrides | {"train.batch_size": 4}).step("train", seed=0))
    return Settings.parse(cfg)


def test_generated_windows_are_like_those_of_thumos14(tmp_path):
    """All of full length, 75 % shared by neighbours, 3 to 4 instances each; 3.8 on average in THUMOS14."""
    made = generate(tmp_path, Size(Windows(), dimension=4, classes=20))
    windows = [window for _, window in made.examples]
    assert len(windows) == WINDOWS
    assert len({window.video for window in windows}) == RECORDINGS
    assert {window.length for window in windows} == {256}
    assert {window.first for window in windows} == set(range(0, 512, 64))
    assert 3 <= np.mean([len(window.labels) for window in windows]) <= 4.5
    assert made.dimension == 4
    assert len(made.classes) == 20


@pytest.mark.parametrize(("preset", "kept"), [("paper", False), ("released", True)])
def test_every_part_of_a_step_is_measured(preset, kept):
    overrides = {"loss.ace_enc.stage": "joint"} if preset == "paper" else {}
    timing = measure(settings(preset, **overrides), SMALL, **OPTIONS | {"keep": kept})
    assert timing.seconds > 0
    assert timing.cpu_seconds > 0
    assert timing.peak_bytes > 2**20
    assert list(timing.shares) == list(PARTS)
    absent = {"ace_enc"} if preset == "released" else set()  # it has a stage of its own, which is not timed
    assert {part for part, seconds in timing.shares.items() if not seconds} == absent
    assert timing.shares["matching"] < timing.shares["losses"]


def test_more_work_takes_more_time():
    """A network of 64 times the work; the ratio asked for is far below that."""
    small = measure(settings(), SMALL, **OPTIONS)
    overrides = {"model.dim": 256, "model.ffn_dim": 2048, "model.decoder_layers": 4}
    large = measure(settings(**overrides), SMALL, **OPTIONS)
    assert large.cpu_seconds > 1.5 * small.cpu_seconds


def test_a_step_can_be_traced(tmp_path):
    trace = tmp_path / "traces" / "step.json"
    measure(settings(**{"loss.ace_enc.stage": "joint"}), SMALL, **OPTIONS | {"trace": trace})
    names = {event.get("name") for event in json.loads(trace.read_text())["traceEvents"]}
    assert {"forward", "losses", "matching", "ace_enc", "backward", "optimizer"} <= names


def test_the_verb_prints_and_writes(tmp_path, capsys):
    small = ["model.dim=16", "model.heads=2", "model.ffn_dim=16", "model.queries=5", "train.batch_size=4"]
    size = ["windows.length=64", "windows.stride=16", "train.precision=bfloat16"]
    out = tmp_path / "benchmark.json"
    options = ["--dimension", "6", "--classes", "3", "--steps", "2", "--warmup", "1", "--device", "cpu"]
    assert main(["benchmark", *options, "--json", str(out), "--set", *small, *size]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("cpu, 1 threads, bfloat16; 4 windows of 64 snippets of 6 features; 2 steps\n")
    written = json.loads(out.read_text())
    assert f"{written['seconds']:.4f} s a step by the clock" in printed
    assert set(written["shares"]) == set(PARTS)
    assert main(["benchmark", *options, "--steps", "0"]) == 1
    assert "--steps 0: should be 1 or more" in capsys.readouterr().err


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kept", [False, True])
def test_a_gpu_is_timed(kept):
    timing = measure(settings(), SMALL, **OPTIONS | {"keep": kept, "device": torch.device("cuda")})
    assert timing.seconds > 0
    assert timing.peak_bytes > 0
    assert timing.shares == {}
