"""A training step does not wait for the device, but for the matching's one copy.

Without a GPU this is seen on torch's device ``meta``, whose tensors have shapes and no numbers: whatever needs a number
on the host cannot be computed there, and copies to it are told apart. With a GPU, CUDA's own watch is turned on.
"""

import contextlib

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from react_tad.losses import matching
from react_tad.model import deformable_attention
from react_tad.training import step_reports
from react_tad.training.optimiser import build_optimizer
from react_tad.training.step_reports import StepReports
from small import PRESETS, trainer

META = torch.device("meta")
ONE_EPOCH = {"train.epochs": 1, "train.batch_size": 4, "loss.ace_enc.first_stage_epochs": 1}
FEATURES_ON_DEVICE = "features on the device"
CASES = {
    "as it is": {},
    "after the encoder": {"loss.ace_enc.stage": "joint", "loss.ace_enc.position": "after"},
    "clipped": {"train.clip_norm": 0.1},
    "dropout": {"model.dropout": 0.1},
    "plain": {"model.raid.enabled": False, "model.quality": False, "loss.classification.ground_truth": False},
}


NOT_DETERMINISTIC = {
    "_ctc_loss_backward", "_embedding_bag_backward", "adaptive_avg_pool2d_backward", "adaptive_avg_pool3d_backward",
    "adaptive_max_pool2d_backward", "avg_pool3d_backward", "bincount", "cumsum", "fractional_max_pool2d_backward",
    "fractional_max_pool3d_backward", "grid_sampler_2d_backward", "grid_sampler_3d_backward", "histc", "max_unpool2d",
    "max_unpool3d", "median", "nll_loss2d", "nll_loss_forward", "put", "put_", "reflection_pad1d_backward",
    "reflection_pad2d_backward", "reflection_pad3d_backward", "scatter_reduce", "upsample_bicubic2d_backward",
    "upsample_bilinear2d_backward", "upsample_linear1d_backward", "upsample_trilinear3d_backward",
}  # fmt: skip
"""Operations that ``torch.use_deterministic_algorithms`` refuses on a GPU, by its documentation."""


class Waiting(AssertionError):
    """The host would wait for the device here."""


class NoBlockingCopies(TorchDispatchMode):
    """Refuses copies to the device that the host waits for."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is torch.ops.aten._to_copy.default and "device" in kwargs and not kwargs.get("non_blocking"):
            raise Waiting(f"{args[0].device} to {kwargs['device']}")
        return func(*args, **kwargs)


class NoTensorsFromLists(TorchFunctionMode):
    """Refuses numbers of the host that become a tensor on the device."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (torch.tensor, torch.as_tensor) and torch.device(kwargs.get("device") or "cpu") == META:
            raise Waiting(f"{func.__name__} on the device")
        return func(*args, **kwargs)


class Operations(TorchDispatchMode):
    """Notes the names of operations, those of the backward pass too."""

    def __init__(self):
        super().__init__()
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.names.add(func._schema.name.removeprefix("aten::"))
        return func(*args, **(kwargs or {}))


class Arrived:
    """A copy for the host, of a tensor without numbers."""

    def __init__(self, tensor):
        self.shape = tensor.shape

    def is_there(self):
        return True

    def get(self):
        return torch.ones(self.shape)


@pytest.fixture
def meta(monkeypatch):
    """Stand-ins for what a CPU cannot do; counts the copies that are waited for."""
    copies = []

    def to_host(tensor):
        copies.append(tensor)
        return np.zeros(tensor.shape)

    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: contextlib.nullcontext())
    monkeypatch.setattr(matching, "to_host", to_host)
    monkeypatch.setattr(step_reports, "Later", Arrived)
    return copies


def steps(made, epoch, optimizer):
    """The terms of an epoch's first two steps."""
    reports = StepReports(AssertionError)
    random = np.random.default_rng(0)
    for number, batch in enumerate(made.training.batches(range(8), 4, device=made.device)):
        yield made.epoch(epoch).step(batch, number, random, reports, optimizer)[0]
    reports.look(wait=True)


@pytest.mark.parametrize("case", [FEATURES_ON_DEVICE, *CASES])
@pytest.mark.parametrize("preset", PRESETS)
def test_the_host_waits_for_nothing_but_the_matching(tiny, tmp_path, meta, preset, case):
    made = trainer(tiny, tmp_path, preset, ONE_EPOCH | CASES.get(case, {}), device=META)
    if case == FEATURES_ON_DEVICE:
        made.training.keep_on(META)
    optimizer = torch.optim.SGD(made.model.parameters(), 0.1)  # fused AdamW is not made for this device
    with NoBlockingCopies(), NoTensorsFromLists():
        for epoch in range(made.schedule.epochs):
            meta.clear()
            terms = list(steps(made, epoch, optimizer))
            assert all(term.device == META for step in terms for term in step.values())
            assert len(terms) == 2
            assert len(meta) == (0 if epoch < made.schedule.contrastive_epochs else len(terms))


@pytest.mark.parametrize(
    "what",
    [
        lambda tensor: tensor.sum().item(),
        lambda tensor: bool(tensor.sum() > 0),
        lambda tensor: tensor[tensor > 0],
        lambda tensor: tensor.nonzero(),
        lambda tensor: tensor.cpu(),
        lambda tensor: tensor.long().repeat_interleave(tensor.long()),
        lambda tensor: tensor + torch.ones(3).to(tensor.device),
        lambda tensor: torch.tensor([1, 2, 3], device=tensor.device),
        lambda tensor: torch.tensor([1, 2, 3]).to(tensor),
    ],
)
def test_waiting_is_seen(what):
    """The test above would fail with any of these in a step."""
    with NoBlockingCopies(), NoTensorsFromLists(), pytest.raises((Waiting, RuntimeError, NotImplementedError)):
        what(torch.ones(3, device=META))


def operations(made):
    """The operations of two steps of each stage."""
    optimizer = torch.optim.SGD(made.model.parameters(), 0.1)
    with Operations() as seen:
        for epoch in range(made.schedule.epochs):
            list(steps(made, epoch, optimizer))
    return seen.names


@pytest.mark.parametrize("preset", PRESETS)
def test_a_gpu_computes_nothing_that_it_cannot_repeat(tiny, tmp_path, meta, preset):
    names = operations(trainer(tiny, tmp_path, preset, ONE_EPOCH, device=META))
    assert {"gather", "mm", "native_layer_norm_backward"} <= names
    assert names & NOT_DETERMINISTIC == set()


def test_what_only_a_cpu_can_repeat_is_seen(tiny, tmp_path, monkeypatch):
    """The test above looks at backward passes, and the CPU's way of sampling large windows would fail it."""
    monkeypatch.setattr(deformable_attention, "SMALL_MATRIX", 0)
    assert operations(trainer(tiny, tmp_path, "paper", ONE_EPOCH)) & NOT_DETERMINISTIC == {"grid_sampler_2d_backward"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("kept", [False, True], ids=["features on the host", "features on the device"])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_gpu_does_as_the_cpu_and_is_not_waited_for(tiny, tmp_path, monkeypatch, preset, kept):
    """Same terms; CUDA's watch allows the matching's copy only."""
    copy = matching.to_host

    def allowed(tensor):
        torch.cuda.set_sync_debug_mode("default")
        try:
            return copy(tensor)
        finally:
            torch.cuda.set_sync_debug_mode("error")

    losses = {}
    for name in ("cpu", "cuda"):
        made = trainer(tiny, tmp_path / name, preset, ONE_EPOCH, device=torch.device(name))
        if kept:
            made.training.keep_on(made.device)
        optimizer = build_optimizer(made.model, made.settings.train)
        with monkeypatch.context() as patched:
            if name == "cuda":
                patched.setattr(matching, "to_host", allowed)
                torch.cuda.set_sync_debug_mode("error")
            try:
                terms = [each for epoch in range(made.schedule.epochs) for each in steps(made, epoch, optimizer)]
            finally:
                if name == "cuda":
                    torch.cuda.set_sync_debug_mode("default")
        losses[name] = [{key: term.item() for key, term in each.items()} for each in terms]
    for expected, found in zip(losses["cpu"], losses["cuda"], strict=True):
        assert found == pytest.approx(expected, rel=1e-3, abs=1e-4)
