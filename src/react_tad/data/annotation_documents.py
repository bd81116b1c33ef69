"""Annotation documents as they are read, before anything is made of them: ActivityNet-style JSON, or a table.

A table (a name that ends in ``.csv`` or ``.csv.gz``) has the columns ``video,start,end,label`` in any order, times in
seconds, and may have ``subset``, ``group``, ``duration`` and ``fps``. These four belong to a video: its rows say the
same or nothing. A row that names a video and no ``start``, ``end`` and ``label`` says that there is the video; one
without instances has such a row alone. Where there is no column ``subset``, all videos are of the subset that is asked
for.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from react_tad.files import read_json
from react_tad.tables import Row, is_table, read_table

COLUMNS = ("video", "start", "end", "label")
TEXTS_OF_VIDEO = ("subset", "group")
NUMBERS_OF_VIDEO = ("duration", "fps")


class AnnotationError(ValueError):
    """Annotations that cannot be used; names the file, the video, the value and what would be right."""


def read_annotation_document(path: str | Path, *, subset: str) -> Any:
    """Read a file of annotations into ``{"database": {video: {"subset", "duration", "annotations": [...]}}}``.

    Of JSON nothing is checked but that it is JSON; of a table everything but the values of subsets and durations.

    Args:
        path: JSON, or a table.
        subset: what the videos of a table without subsets are.

    Raises:
        ValueError: names the file, the line of a table, and the value.

    """
    if not is_table(path):
        return read_json(path)
    columns, rows = read_table(path, COLUMNS, (*TEXTS_OF_VIDEO, *NUMBERS_OF_VIDEO))
    database: dict[str, dict[str, Any]] = {}
    for row in rows:
        name = row.text("video")
        if not name:
            raise row.error("there is no name of a video")
        entry = database.setdefault(name, {"annotations": []})
        for key in (*TEXTS_OF_VIDEO, *NUMBERS_OF_VIDEO):
            _keep(entry, key, row)
        if any(row.text(column) for column in COLUMNS[1:]):
            if not row.text("label"):
                raise row.error(f"video '{name}': the label is empty")
            segment = [row.seconds("start"), row.seconds("end")]
            if segment[1] < segment[0]:
                raise row.error(f"video '{name}': start {segment[0]} and end {segment[1]} should have end >= start")
            entry["annotations"].append({"label": row.text("label"), "segment": segment})
    if "subset" not in columns:
        database = {name: {"subset": subset, **entry} for name, entry in database.items()}
    return {"database": database}


def _keep(entry: dict[str, Any], key: str, row: Row) -> None:
    """What a row says of its video, if it says something; another row that says something else is an error."""
    if not row.text(key):
        return
    value = row.number(key) if key in NUMBERS_OF_VIDEO else row.text(key)
    if entry.setdefault(key, value) != value:
        raise row.error(f"video '{row.text('video')}': {key} is {value!r}, and {entry[key]!r} in a row before")


def group_in(entry: Mapping[str, Any], where: str) -> str | None:
    """The group of a video, from its entry; None where it has none.

    Raises :class:`AnnotationError`, which begins with ``where``, if it is no name.
    """
    group = entry.get("group")
    if group is not None and not (isinstance(group, str) and group.strip()):
        raise AnnotationError(f"{where}: group = {group!r} should be the name of a person, a venue or the like")
    return group


def leaves(document: Mapping[str, Any], where: str | Path) -> set[str]:
    """Names of the nodes of a document's ``taxonomy`` that are nobody's parent: the classes. Empty if it has none.

    Raises :class:`AnnotationError` that shows a node that is none.
    """
    nodes = document.get("taxonomy") or []
    names, parents = set(), set()
    for node in nodes if isinstance(nodes, list) else [nodes]:
        name, parent = (node.get("nodeName"), node.get("parentName")) if isinstance(node, Mapping) else (None, None)
        named = isinstance(name, str) and name and isinstance(parent, str | None) and "parentName" in node
        if not named:
            raise AnnotationError(
                f"{where}: {node!r} in 'taxonomy' should have 'nodeName' and 'parentName', and these be names (null "
                "for the parent of the root)"
            )
        names.add(name)
        parents.add(parent)
    return names - parents
