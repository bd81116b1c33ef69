"""Metrics of several variants and seeds under every ground-truth profile of their data set, in one table.

Metrics files of a data set with profiles hold the numbers of each (``react-tad evaluate --profile``). Here each file
counts once a profile; means, spreads and differences are those of :mod:`react_tad.evaluation.summary`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from react_tad.evaluation.summary import AVERAGE, Row, spread_in_per_cent, summarize
from react_tad.files import markdown_row, markdown_text


def by_profile(metrics: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each metrics file and profile, profile after profile, as ``summary.summarize`` takes them.

    A profile that the annotations did not fit has none. Raises ValueError that names a file without profiles.
    """
    for run in metrics:
        if "profiles" not in run:
            raise ValueError(f"{run['source']} has no profiles; `react-tad evaluate --profile all` measures them")
    names = dict.fromkeys(name for run in metrics for name in run["profiles"])
    return [
        {**run, **run["profiles"][name], "profile": name}
        for name in names
        for run in metrics
        if "refused" not in run["profiles"].get(name, {"refused": ""})
    ]


def as_markdown(metrics: Sequence[Mapping[str, Any]]) -> str:
    """A table for readers, in per cent: of each variant a row a profile, the headline marked."""
    entries = by_profile(metrics)
    counts = {entry["profile"]: entry["counts"] for entry in entries}
    rows = summarize(entries)
    variants = dict.fromkeys(row.variant for row in rows)
    headline = {run["variant"]: run["profile"] for run in metrics}
    about = {key: markdown_text(str(metrics[0][key])) for key in ("dataset", "subset", "definition")}
    thresholds = list(rows[0].maps)
    lines = [
        f"Dataset {about['dataset']}, subset {about['subset']}, definition {about['definition']}. mAP in per cent at",
        "each tIoU threshold under every ground-truth profile: mean ± sample standard deviation over seeds. The one in",
        "bold is the profile of all other tables.",
        "",
        markdown_row(["variant", "profile", "videos", "instances", "seeds", *thresholds]),
        "|" + "---|" * (5 + len(thresholds)),
    ]
    for variant in variants:
        for row in (row for row in rows if row.variant == variant):
            lines.append(_line(row, counts, bold=row.setting["profile"] == headline[variant]))
    refused = {
        name: entry["refused"] for run in metrics for name, entry in run["profiles"].items() if "refused" in entry
    }
    lines += [f"\nNot measured: {markdown_text(why)}." for why in refused.values()]
    return "\n".join(lines) + "\n"


def _line(row: Row, counts: Mapping[str, Mapping[str, int]], *, bold: bool) -> str:
    name = markdown_text(row.setting["profile"])
    own = [str(counts[row.setting["profile"]][key]) for key in ("videos", "instances")]
    spreads = [spread_in_per_cent(spread) for spread in row.maps.values()]
    cells = [markdown_text(row.variant), f"**{name}**" if bold else name, *own, str(row.maps[AVERAGE].count), *spreads]
    return markdown_row(cells)
