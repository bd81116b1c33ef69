"""Where and on how many cores tensors are computed; what is asked for and not there is an error."""

import os

import torch


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
    torch.use_deterministic_algorithms(True)
