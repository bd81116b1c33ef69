"""The numbers that the paper prints, as data: mAP in per cent by tIoU threshold, and what has to be known to read them.

Tables and figures of this project show them beside its own. Rows have the names that studies use for the same setting,
so that a row of a study finds its row of the paper. The paper prints one number a cell and no spread over runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

THUMOS14_TIOU = ("0.3", "0.4", "0.5", "0.6", "0.7")
ACTIVITYNET_TIOU = ("0.5", "0.75", "0.95")
"""The paper's columns for ActivityNet-1.3; its average there is over 0.5:0.05:0.95 and not over these three."""


@dataclass(frozen=True)
class PaperRow:
    """One row of a table."""

    label: str
    """What the row is, as a reader of the paper knows it."""
    maps: Mapping[str, float]
    """mAP in per cent by tIoU threshold; nothing where the paper prints nothing."""
    average: float | None
    """Average mAP in per cent, as printed."""
    gflops: float | None = None
    """Floating-point operations a window, in units of 1e9 multiply-accumulates; None where not known."""
    kind: str = ""
    """The paper's grouping of methods, where it has one."""
    cited: str = ""
    """Where the paper takes the row from, as it cites it: a number in its list of references."""


@dataclass(frozen=True)
class PaperTable:
    """One table, or one half of it."""

    title: str
    dataset: str
    reference: str | None
    """The row that the others are a change of; None where rows are separate methods."""
    rows: Mapping[str, PaperRow]
    notes: tuple[str, ...]
    """Footnotes that belong under the numbers wherever they are shown."""

    def is_of(self, dataset: str) -> bool:
        """Whether it is of a data set of ours: ``thumos14`` and ``thumos14_i3d`` are THUMOS14."""
        own, other = ("".join(filter(str.isalnum, name.casefold())) for name in (self.dataset, dataset))
        return other.startswith(own)


@dataclass(frozen=True)
class PaperSweep:
    """A figure of average mAP against one parameter, of which the paper gives the best value only."""

    title: str
    dataset: str
    parameter: str
    optimum: float


def _row(label: str, printed: str, *, tiou: tuple[str, ...] = THUMOS14_TIOU, **known: Any) -> PaperRow:
    """A row from its printed cells, the average last; ``-`` where the paper prints nothing."""
    *maps, average = (None if cell == "-" else float(cell) for cell in printed.split())
    given = {threshold: value for threshold, value in zip(tiou, maps, strict=True) if value is not None}
    return PaperRow(label, given, average, **known)


def _anet(kind: str, label: str, printed: str, cited: str = "", gflops: float | None = None) -> PaperRow:
    return _row(label, printed, tiou=ACTIVITYNET_TIOU, gflops=gflops, kind=kind, cited=cited)


def _thumos(kind: str, label: str, printed: str, cited: str = "", gflops: float | None = None) -> PaperRow:
    return _row(label, printed, gflops=gflops, kind=kind, cited=cited)


RELEASED = _thumos("one-stage", "ReAct, the authors' released weights", "70.8 65.9 57.8 47.2 34.2 55.2")
"""Not of the paper: what its authors give for the checkpoint that they publish."""
HALVES_APART = (
    "Table 4 studies each half of ACE without the other: its ACE-enc rows peak at 54.3 and its ACE-dec rows at 53.4, "
    "not at the full model's 55.0."
)
FLOPS_LOST = (
    "FLOPs are given where the row that they belong to is certain; for other methods the paper prints them in cells "
    "that its text does not tell apart."
)

TABLES: Mapping[str, PaperTable] = {
    "table1": PaperTable(
        "Comparison on THUMOS14",
        "THUMOS14",
        None,
        {
            "bsn": _thumos("two-stage", "BSN", "53.5 45.0 36.9 28.4 20.0 36.8", "21"),
            "bmn": _thumos("two-stage", "BMN", "56.0 47.4 38.8 29.7 20.5 38.5", "19"),
            "g_tad": _thumos("two-stage", "G-TAD", "54.5 47.6 40.3 30.8 23.4 39.3", "38"),
            "tal": _thumos("two-stage", "TAL", "53.2 48.5 42.8 33.8 20.8 39.8", "6"),
            "tcanet": _thumos("two-stage", "TCANet", "60.6 53.2 44.6 36.8 26.7 44.3", "28"),
            "csa_bmn": _thumos("two-stage", "CSA+BMN", "64.4 58.0 49.2 38.2 27.8 47.5", "30"),
            "p_gcn": _thumos("two-stage", "P-GCN", "63.6 57.8 49.1 - - -", "43"),
            "rtd_net": _thumos("two-stage", "RTD-Net", "68.3 62.3 51.9 38.8 23.7 49.0", "31"),
            "vsgn": _thumos("two-stage", "VSGN", "66.7 60.4 52.4 41.0 30.4 50.2", "45"),
            "contextloc": _thumos("two-stage", "ContextLoc", "68.3 63.8 54.3 41.8 26.2 50.9", "48"),
            "ssad": _thumos("one-stage", "SSAD", "43.0 35.0 24.6 - - -", "20"),
            "ssn": _thumos("one-stage", "SSN", "51.9 41.0 29.9 - - -", "41"),
            "a2net": _thumos("one-stage", "A2Net", "58.6 54.1 45.5 32.5 17.2 41.6", "40", 30.4),
            "afsd": _thumos("one-stage", "AFSD", "67.3 62.4 55.5 43.7 31.1 52.0", "18", 5.1),
            "tadtr": _thumos("one-stage", "TadTR", "62.4 57.4 49.2 37.8 26.3 46.6", "23", 0.75),
            "react": _thumos("one-stage", "ReAct", "69.2 65.0 57.1 47.8 35.6 55.0", gflops=0.68),
        },
        (
            FLOPS_LOST,
            "The prose puts ReAct 9.4 points and 0.06 GFLOPs ahead of TadTR; the printed numbers give 8.4 and 0.07.",
        ),
    ),
    "table2": PaperTable(
        "Comparison on ActivityNet-1.3",
        "ActivityNet-1.3",
        None,
        {
            "bsn": _anet("actionness", "BSN", "46.5 30.0 8.0 28.2", "21"),
            "ssn": _anet("actionness", "SSN", "43.2 28.7 5.6 28.3", "41"),
            "bmn": _anet("actionness", "BMN", "50.1 34.8 8.3 33.9", "19"),
            "g_tad": _anet("actionness", "G-TAD", "50.4 34.6 9.0 34.1", "38"),
            "bu_tal": _anet("actionness", "BU-TAL", "43.5 33.9 9.2 34.3", "46"),
            "vsgn": _anet("actionness", "VSGN", "52.3 35.2 8.3 34.7", "45"),
            "tal": _anet("anchor-based", "TAL", "38.2 18.3 1.3 20.2", "6"),
            "p_gcn": _anet("anchor-based", "P-GCN", "48.3 33.2 3.3 31.1", "43"),
            "tcanet": _anet("anchor-based", "TCANet", "52.3 36.7 6.9 35.5", "28"),
            "afsd": _anet("anchor-based", "AFSD", "52.4 35.2 6.5 34.3", "18"),
            "rtd_net": _anet("DETR-based", "RTD-Net", "47.2 30.7 8.6 30.8", "31"),
            "tadtr": _anet("DETR-based", "TadTR", "49.1 32.6 8.5 32.3", "23"),
            "react": _anet("DETR-based", "ReAct", "49.6 33.0 8.6 32.6", gflops=0.38),
        },
        (
            FLOPS_LOST,
            "The average is over tIoU 0.5:0.05:0.95.",
            "The names of two of the three groups of methods are from the prose: the printed ones are lost.",
            "100 snippets cost 0.54 GFLOPs with 2048 features and 0.50 with 400 at the size that the paper gives for "
            "this data set (60 queries, 3 encoder layers). What it prints, 0.38, is what 2048 features cost the "
            "released code at its size for THUMOS14 (40 queries, 2 encoder layers).",
        ),
    ),
    "table3": PaperTable(
        "Main components",
        "THUMOS14",
        "all",
        {
            "base": _row("base: no RAID, ACE, SQ", "66.6 59.2 49.7 38.0 25.0 47.7"),
            "without_raid": _row("without RAID", "66.6 61.5 53.7 43.4 31.2 51.3"),
            "without_sq": _row("without SQ", "67.0 62.6 54.4 44.0 32.2 52.1"),
            "without_ace": _row("without ACE", "69.1 63.3 54.2 43.5 31.0 52.2"),
            "all": _row("all: RAID, ACE, SQ", "69.2 65.0 57.1 47.8 35.6 55.0"),
        },
        (
            "The marks of the printed Table 3 are lost in its text; its rows are told apart by the prose.",
            "The prose gives 2.9 for ACE and 2.8 for SQ; the printed averages give 2.8 and 2.9.",
        ),
    ),
    "table4_ace_enc": PaperTable(
        "ACE-enc",
        "THUMOS14",
        "no_contrastive",
        {
            "no_contrastive": _row("no contrastive loss", "68.1 63.4 55.0 46.0 32.8 53.1"),
            "n1": _row("{S1,S2} + {N1}", "68.3 63.4 55.4 46.2 33.9 53.4"),
            "n2": _row("{S1,S2} + {N2}", "69.7 64.6 55.7 45.6 33.8 53.9"),
            "n1_n2": _row("{S1,S2} + {N1,N2}", "69.7 64.5 56.6 45.9 34.7 54.3"),
            "s1_only": _row("{S1} + {N1,N2}", "69.1 64.4 56.3 46.2 34.6 54.1"),
            "before": _row("before the encoder", "69.7 64.3 56.1 46.4 34.2 54.1"),
            "after": _row("after the encoder", "66.4 61.2 53.3 43.4 32.0 51.2"),
        },
        (HALVES_APART,),
    ),
    "table4_ace_dec": PaperTable(
        "ACE-dec",
        "THUMOS14",
        "query_only",
        {
            "query_only": _row("query loss only", "67.5 62.6 53.9 43.3 33.2 52.1"),
            "ground_truth_only": _row("ground-truth loss only", "66.1 61.1 53.6 44.2 30.9 51.2"),
            "both": _row("query and ground-truth loss", "68.3 63.4 55.4 46.2 33.9 53.4"),
        },
        (HALVES_APART,),
    ),
}
"""The paper's tables by name. Table 4 is two studies."""

SWEEPS: Mapping[str, PaperSweep] = {
    "figure5a": PaperSweep("RAID with tau = 1", "THUMOS14", "model.raid.gamma", 0.2),
    "figure5b": PaperSweep("RAID with gamma = 0.2", "THUMOS14", "model.raid.tau", 0.5),
}
"""The halves of the paper's Figure 5."""
