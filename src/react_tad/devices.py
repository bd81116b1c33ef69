"""Where and on how many cores tensors are computed, and how they get there and back without waiting.

A GPU works behind the host: a copy that the host waits for empties its queue. In a training step there is one such
copy, :func:`to_host` in the matching. Everything else goes by :func:`send` and :class:`Later`.
"""

import os

import numpy
import torch
from torch import Tensor


def choose_device(name: str) -> torch.device:
    """``cpu``, ``cuda``, or ``auto``: CUDA where there is one."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise ValueError(f"--device cuda: torch {torch.__version__} sees no CUDA device; use --device cpu or auto")
    return torch.device("cuda" if name == "cuda" or (name == "auto" and available) else "cpu")


def use_threads(count: int) -> None:
    """Compute on ``count`` cores, deterministically: the same parameters, seed and count give the same bits."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if not 1 <= count <= cores:
        raise ValueError(f"--threads {count}: this machine gives the process {cores} cores; ask for 1 to {cores}")
    torch.set_num_threads(count)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # what cuBLAS needs to be deterministic
    # As torch.use_deterministic_algorithms(True), which besides imports torch's compiler: a second, for nothing.
    torch.set_deterministic_debug_mode("error")
    # Otherwise memory that nobody has written yet is filled, to make mistakes visible: a thousand operations a step.
    torch.utils.deterministic.fill_uninitialized_memory = False


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """A host tensor on ``device``. A GPU copies it by itself, from pinned memory, while the host goes on."""
    return tensor if device.type == "cpu" else pinned(tensor).to(device, non_blocking=True)


def pinned(tensor: Tensor) -> Tensor:
    """A host tensor in pinned memory; one that is on another device, or pinned already, as it is."""
    return tensor if tensor.device.type != "cpu" or tensor.is_pinned() else tensor.pin_memory()


def to_host(tensor: Tensor) -> numpy.ndarray:
    """Copy a tensor to the host now; the host waits for everything that the device was told before."""
    return tensor.detach().cpu().numpy()


class Later:
    """The copy of a tensor on the host, on its way there."""

    def __init__(self, tensor: Tensor):
        self._arrived = None
        self._values = tensor.detach()
        if tensor.device.type != "cpu":
            self._values = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            self._values.copy_(tensor.detach(), non_blocking=True)
            self._arrived = torch.cuda.current_stream(tensor.device).record_event()

    def is_there(self) -> bool:
        """Whether it can be had without waiting."""
        return self._arrived is None or self._arrived.query()

    def get(self) -> Tensor:
        """The copy; the host waits until it is there."""
        if self._arrived is not None:
            self._arrived.synchronize()
        return self._values
