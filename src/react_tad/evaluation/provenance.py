"""What results come from: the commit, the parameters, the data with their checksums, the software and the machine."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from html import escape
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, NotRequired

from pydantic import ConfigDict
from typing_extensions import TypedDict

from react_tad.files import read_json
from react_tad.params.section import checked

CORE = ("torch", "numpy", "scipy", "pandas", "matplotlib", "safetensors", "snakemake", "dvc")
"""Packages that a reader wants to see first; the JSON file lists all."""
STYLE = (
    "body{font:14px sans-serif;margin:1.5em}table{border-collapse:collapse}caption{text-align:left;font-weight:bold;"
    "padding:1em 0 .3em}td,th{padding:.15em .6em;text-align:left;vertical-align:top;border-top:1px solid #ccc}"
    "code{word-break:break-all}"
)


def collect(experiment: Mapping[str, Any], features: Sequence[Path], *, device: str = "cpu") -> dict[str, Any]:
    """Everything as JSON.

    ``experiment`` is what was asked for: ``dataset``, ``seeds`` by variant, ``parameters`` of the first variant and
    ``differences`` of the others from it. ``features`` are the feature manifests of the data set.
    """
    return {
        "code": commit(),
        "experiment": dict(experiment),
        "data": [_split(path) for path in features],
        "software": {"python": platform.python_version(), **packages()},
        "machine": machine(device),
    }


def commit() -> dict[str, Any]:
    """The commit of the working folder, and whether files that git follows were changed; empty without git."""
    try:
        found = [
            subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout.strip()
            for arguments in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        ]
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": found[0], "changed": [line[2:].strip() for line in found[1].splitlines()]}


def packages() -> dict[str, str]:
    """Version of every installed package, by name."""
    return dict(sorted((each.metadata["Name"], each.version) for each in distributions()))


def machine(device: str) -> dict[str, Any]:
    """What computes: system, processor, cores that this process may use, memory in GiB, and the GPU if one is used."""
    found: dict[str, Any] = {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "device": device,
    }
    if device != "cpu":
        import torch

        if torch.cuda.is_available():
            found["gpu"] = torch.cuda.get_device_name()
    return found


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


class _File(TypedDict):
    __pydantic_config__ = ConfigDict(extra="allow")

    name: str
    source: str
    sha256: str


class _Source(TypedDict):
    files: NotRequired[list[_File]]
    fold: NotRequired[dict[str, Any]]


class _Manifest(TypedDict):
    """What is shown of a feature manifest."""

    split: str
    videos: list[Any]
    sha256: str
    source: _Source


def _split(path: Path) -> dict[str, Any]:
    manifest = checked(_Manifest, read_json(path), str(path))
    fold = manifest["source"].get("fold")
    return {
        "split": manifest["split"] + (f", fold {fold['number']}" if fold else ""),
        "videos": len(manifest["videos"]),
        "sha256": manifest["sha256"],
        "files": manifest["source"].get("files", []),
    }


def as_html(collected: Mapping[str, Any]) -> str:
    """A page of its own."""
    experiment, software = collected["experiment"], collected["software"]
    code = collected["code"] or {"commit": "not in a git repository", "changed": []}
    files = {file["name"]: file for split in collected["data"] for file in split["files"]}
    tables = [
        _table("Code", [["commit", code["commit"]], ["changed files", ", ".join(code["changed"]) or "none"]]),
        _table("Data", [[f"features, {each['split']}", each["videos"], each["sha256"]] for each in collected["data"]]
               + [[name, file["source"], file["sha256"]] for name, file in files.items()],
               ["what", "videos or source", "sha256"]),
        _table("Machine", list(collected["machine"].items())),
        _table("Software", [[name, software[name]] for name in ("python", *CORE) if name in software]),
        _table(f"Parameters of {experiment['first']}", list(experiment["parameters"].items())),
        _table(
            "Variants and rows of studies: what differs from that, and seeds",
            [
                [name, ", ".join(f"{key} = {value}" for key, value in changes.items()) or "nothing", seeds]
                for name, changes in experiment["differences"].items()
                for seeds in [", ".join(map(str, experiment["seeds"][name]))]
            ],
            ["name", "differs in", "seeds"],
        ),
    ]  # fmt: skip
    title = f"Provenance of the results on {experiment['dataset']}"
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f"<style>{STYLE}</style></head><body>\n<h1>{escape(title)}</h1>",
            *tables,
            "<p>Every installed package is in the JSON file beside this page.</p>",
            "</body></html>\n",
        ]
    )


def _table(caption: str, rows: Sequence[Sequence[Any]], header: Sequence[str] = ()) -> str:
    def line(cells: Sequence[Any], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    lines = ([line(header, "th")] if header else []) + [line(row, "td") for row in rows]
    return "\n".join([f"<table><caption>{escape(caption)}</caption>", *lines, "</table>"])
