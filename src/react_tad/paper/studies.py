"""What a study is made of: names of rows or points, and the measured files of each, as closed JSON descriptions.

A *study* compares rows with a reference row; a *sweep* follows one parameter; *log curves* follow a loss over the
epochs. Each row, point or curve lists one file a seed.
"""

import re
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError, model_validator

from react_tad.files import parse_json, read_text
from react_tad.paper.numbers import SWEEPS, TABLES, PaperSweep, PaperTable
from react_tad.params.section import Section

SPELLED = {"iou": "IoU", "raid": "RAID", "sq": "SQ", "ace enc": "ACE-enc", "ace dec": "ACE-dec", "ace": "ACE"}
"""How the paper writes what names of rows are made of; the longer ones first."""

Files = Annotated[tuple[Path, ...], Field(min_length=1)]


def readable(name: str) -> str:
    """The name of a row for readers: ``without_ace_enc`` is "without ACE-enc"."""
    text = name.replace("_", " ")
    for own, theirs in SPELLED.items():
        text = re.sub(rf"\b{own}\b", theirs, text)
    return text


class Measured(Section):
    """The measurements of one setting, one file a seed."""

    metrics: Files
    """Metrics files (``react-tad evaluate``)."""
    detections: Files | None = None
    """The detections that the metrics were measured on, in the same order; needed to resample videos."""

    @model_validator(mode="after")
    def _pairs(self) -> "Measured":
        if self.detections is not None and len(self.detections) != len(self.metrics):
            raise ValueError(f"{len(self.detections)} detections files for {len(self.metrics)} metrics files")
        return self


class StudyRow(Measured):
    """One row of a table."""

    label: str | None = None
    """What readers see; if there is none, the paper's label of the row, or else its name."""


class Study(Section):
    """Rows that are compared with one of them."""

    name: str
    title: str = ""
    paper: str | None = None
    """The paper's table that has these rows; ``name``, where there is such a table, if not given."""
    reference: str
    rows: Annotated[dict[str, StudyRow], Field(min_length=1)]

    @model_validator(mode="after")
    def _names(self) -> "Study":
        if self.reference not in self.rows:
            raise ValueError(f"reference '{self.reference}' should be a row: {', '.join(self.rows)}")
        if self.paper is not None and self.paper not in TABLES:
            raise ValueError(f"paper '{self.paper}' should be one of {', '.join(TABLES)}")
        return self

    @property
    def paper_table(self) -> PaperTable | None:
        """The paper's table, if it has one."""
        return TABLES.get(self.paper or self.name)

    def label(self, row: str) -> str:
        """What readers see as the name of a row."""
        table = self.paper_table
        known = table.rows[row].label if table and row in table.rows else readable(row)
        return self.rows[row].label or known


class Point(Measured):
    """One value of a swept parameter."""

    value: float


class Sweep(Section):
    """Values of one parameter, everything else being equal."""

    name: str
    title: str = ""
    paper: str | None = None
    """The paper's figure of the same parameter; ``name``, where there is such a figure, if not given."""
    parameter: str
    """Dotted name, as in ``params.yaml``."""
    points: Annotated[tuple[Point, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names(self) -> "Sweep":
        values = [point.value for point in self.points]
        if len(set(values)) < len(values):
            raise ValueError(f"values {values} should be different")
        if self.paper is not None and self.paper not in SWEEPS:
            raise ValueError(f"paper '{self.paper}' should be one of {', '.join(SWEEPS)}")
        if self.paper_sweep and self.paper_sweep.parameter != self.parameter:
            raise ValueError(f"parameter '{self.parameter}', but the paper sweeps '{self.paper_sweep.parameter}' there")
        return self

    @property
    def paper_sweep(self) -> PaperSweep | None:
        """The paper's figure, if it has one."""
        return SWEEPS.get(self.paper or self.name)


class LogCurve(Section):
    """The training logs of one setting, one file a seed."""

    logs: Files
    label: str | None = None
    """What readers see; the curve's name if there is none."""


class LogStudy(Section):
    """Settings whose training logs are compared."""

    name: str
    title: str = ""
    rows: Annotated[dict[str, LogCurve], Field(min_length=1)]

    def label(self, row: str) -> str:
        """What readers see as the name of a row."""
        return self.rows[row].label or readable(row)


Description = TypeVar("Description", bound=Section)


def read_study(text: str, kind: type[Description]) -> Description:
    """Read a description: JSON text if it starts with a brace, else a file of JSON. File names in it are as given.

    Raises ValueError that names the entry that does not exist or has no such value.
    """
    inline = text.lstrip().startswith("{")
    source = f"the given {kind.__name__.lower()}" if inline else text
    content = text if inline else read_text(text)
    parse_json(content, source)  # names what the other parser passes, such as a row that is there twice
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors()]
        raise ValueError(f"{source}: {'; '.join(wrong)}") from error
