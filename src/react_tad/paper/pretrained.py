"""What the authors' released weights reach here, under every ground-truth profile, beside the authors' own numbers."""

from collections.abc import Iterator, Mapping
from typing import Any

from react_tad.paper import markup
from react_tad.paper.numbers import RELEASED, THUMOS14_TIOU

TITLE = "The authors' released weights on THUMOS14"
NOTES = (
    "mAP in per cent at each tIoU threshold. The headline is the profile that the released code is measured under; the "
    "others say what the same detections are worth elsewhere.",
    "The authors round each mAP to 0.1 % and then average; here the average is of unrounded numbers.",
)
COLUMNS = (*THUMOS14_TIOU, "average")


def check(metrics: Mapping[str, Any]) -> None:
    """Raise ValueError that names the file if metrics are not of THUMOS14's thresholds under its profiles."""
    if tuple(metrics["per_tiou"]) != THUMOS14_TIOU:
        raise ValueError(
            f"{metrics['source']}: tIoU thresholds {', '.join(metrics['per_tiou'])}; the authors' numbers are at "
            f"{', '.join(THUMOS14_TIOU)}"
        )
    if "profiles" not in metrics:
        raise ValueError(f"{metrics['source']} has no profiles; `react-tad evaluate --profile ssn all` measures them")


def as_records(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The authors' row, then one for each profile; mAP are fractions."""
    theirs = [RELEASED.maps[threshold] / 100 for threshold in THUMOS14_TIOU]
    records = [_record("the authors", "", theirs, (RELEASED.average or 0) / 100)]
    for name, own in _measured(metrics):
        maps = [own["per_tiou"][threshold] for threshold in THUMOS14_TIOU]
        records.append(_record("this project", name, maps, own["average_map"], own["counts"]))
    return records


def _measured(metrics: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((name, own) for name, own in metrics["profiles"].items() if "refused" not in own)


def _record(
    source: str, profile: str, maps: list[float], average: float, counts: Mapping[str, int] | None = None
) -> dict[str, Any]:
    counted = {key: counts[key] if counts else None for key in ("videos", "instances")}
    numbers = zip(COLUMNS, [*maps, average], strict=True)
    return {"source": source, "profile": profile, **counted} | {
        f"map_{name}": round(each, 12) for name, each in numbers
    }


def as_csv(metrics: Mapping[str, Any]) -> str:
    """A row each, fractions."""
    return markup.as_csv(as_records(metrics))


def as_markdown(metrics: Mapping[str, Any]) -> str:
    """A table for readers, in per cent; the last column is the average minus that of the authors."""
    theirs, *ours = as_records(metrics)
    header = ["weights evaluated by", "profile", "videos", "instances", *COLUMNS, "difference"]
    rows = [_cells(theirs, "theirs", digits=1)]
    for record in ours:
        name = record["profile"]
        difference = f"{100 * (record['map_average'] - theirs['map_average']):+.2f}".replace("-", "−")
        rows.append(
            [*_cells(record, f"{name} (headline)" if name == metrics["profile"] else name, digits=2), difference]
        )
    refused = [f"Not measured: {own['refused']}." for own in metrics["profiles"].values() if "refused" in own]
    return markup.as_markdown(_table(header, rows, refused))


def _table(header: list[str], rows: list[list[str]], refused: list[str]) -> markup.Table:
    lines = [markup.Line([*row, *[""] * (len(header) - len(row))]) for row in rows]
    return markup.Table("pretrained", TITLE, header, lines, [*NOTES, *refused], text_columns=2)


def _cells(record: Mapping[str, Any], profile: str, *, digits: int) -> list[str]:
    counts = ["" if record[key] is None else str(record[key]) for key in ("videos", "instances")]
    numbers = [f"{100 * record[f'map_{name}']:.{digits}f}" for name in COLUMNS]
    return [record["source"], profile, *counts, *numbers]
