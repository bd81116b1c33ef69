import os
import subprocess
import sys

import pytest
import torch

from react_tad.devices import Later, choose_device, pinned, send, to_host, use_threads


@pytest.fixture
def settings_of_torch():
    """Give torch its settings back."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    fills = torch.utils.deterministic.fill_uninitialized_memory
    yield
    torch.utils.deterministic.fill_uninitialized_memory = fills
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.mark.parametrize(
    ("name", "available", "kind"), [("auto", False, "cpu"), ("auto", True, "cuda"), ("cpu", True, "cpu")]
)
def test_a_device_is_chosen(monkeypatch, name, available, kind):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    assert choose_device(name).type == kind


def test_cuda_has_to_be_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match=r"--device cuda: .*use --device cpu or auto"):
        choose_device("cuda")


def test_threads_are_set_and_computing_is_deterministic(settings_of_torch):
    use_threads(1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()


def test_torchs_compiler_is_not_imported_for_that():
    """A process of its own: other tests may have imported it."""
    code = """
import sys, react_tad.detection.inference
from react_tad.devices import use_threads
use_threads(1)
print("torch._dynamo" in sys.modules, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_threads_that_are_not_there_are_refused(settings_of_torch, count):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with pytest.raises(ValueError, match=f"--threads {count}: .* ask for 1 to {cores}"):
        use_threads(count)


def test_on_the_cpu_nothing_is_copied():
    """A host tensor is there already."""
    tensor = torch.arange(3.0, requires_grad=True)
    assert send(tensor, torch.device("cpu")) is tensor
    assert to_host(tensor).ctypes.data == tensor.data_ptr()
    later = Later(tensor)
    assert later.is_there()
    assert later.get().data_ptr() == tensor.data_ptr()
    assert not later.get().requires_grad


def test_what_is_on_another_device_is_not_pinned():
    tensor = torch.ones(3, device="meta")
    assert pinned(tensor) is tensor


def test_memory_is_not_filled_before_it_is_written(settings_of_torch):
    use_threads(1)
    assert not torch.utils.deterministic.fill_uninitialized_memory


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_there_and_back_on_a_gpu():
    cuda, tensor = torch.device("cuda"), torch.randn(5, 3)
    moved = send(tensor, cuda)
    assert moved.device.type == "cuda"
    assert torch.equal(Later(moved).get(), tensor)
    assert torch.equal(torch.from_numpy(to_host(moved)), tensor)
