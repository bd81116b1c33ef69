import os

import pytest
import torch

from react_tad.devices import choose_device, use_threads


@pytest.fixture
def settings_of_torch():
    """Give torch its settings back."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    yield
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


@pytest.mark.parametrize("count", [0, -1, 10_000])
def test_threads_that_are_not_there_are_refused(settings_of_torch, count):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with pytest.raises(ValueError, match=f"--threads {count}: .* ask for 1 to {cores}"):
        use_threads(count)
