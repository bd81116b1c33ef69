"""The numbers that the paper prints, as data: mAP in per cent by tIoU threshold, and what has to be known to read them.

Tables and figures of this project show them beside its own. Rows have the names that studies use for the same setting,
so that a row of a study finds its row of the paper. The paper prints one number a cell and no spread over runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True)
class PaperSweep:
    """A figure of average mAP against one parameter, of which the paper gives the best value only."""

    title: str
    dataset: str
    parameter: str
    optimum: float


def _row(label: str, printed: str, *, tiou: tuple[str, ...] = THUMOS14_TIOU, gflops: float | None = None) -> PaperRow:
    """A row from its printed cells, the average last; ``-`` where the paper prints nothing."""
    *maps, average = (None if cell == "-" else float(cell) for cell in printed.split())
    known = {threshold: value for threshold, value in zip(tiou, maps, strict=True) if value is not None}
    return PaperRow(label, known, average, gflops)


def _anet(label: str, printed: str, gflops: float | None = None) -> PaperRow:
    return _row(label, printed, tiou=ACTIVITYNET_TIOU, gflops=gflops)


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
            "bsn": _row("BSN", "53.5 45.0 36.9 28.4 20.0 36.8"),
            "bmn": _row("BMN", "56.0 47.4 38.8 29.7 20.5 38.5"),
            "g_tad": _row("G-TAD", "54.5 47.6 40.3 30.8 23.4 39.3"),
            "tal": _row("TAL", "53.2 48.5 42.8 33.8 20.8 39.8"),
            "tcanet": _row("TCANet", "60.6 53.2 44.6 36.8 26.7 44.3"),
            "csa_bmn": _row("CSA+BMN", "64.4 58.0 49.2 38.2 27.8 47.5"),
            "p_gcn": _row("P-GCN", "63.6 57.8 49.1 - - -"),
            "rtd_net": _row("RTD-Net", "68.3 62.3 51.9 38.8 23.7 49.0"),
            "vsgn": _row("VSGN", "66.7 60.4 52.4 41.0 30.4 50.2"),
            "contextloc": _row("ContextLoc", "68.3 63.8 54.3 41.8 26.2 50.9"),
            "ssad": _row("SSAD", "43.0 35.0 24.6 - - -"),
            "ssn": _row("SSN", "51.9 41.0 29.9 - - -"),
            "a2net": _row("A2Net", "58.6 54.1 45.5 32.5 17.2 41.6", gflops=30.4),
            "afsd": _row("AFSD", "67.3 62.4 55.5 43.7 31.1 52.0", gflops=5.1),
            "tadtr": _row("TadTR", "62.4 57.4 49.2 37.8 26.3 46.6", gflops=0.75),
            "react": _row("ReAct", "69.2 65.0 57.1 47.8 35.6 55.0", gflops=0.68),
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
            "bsn": _anet("BSN", "46.5 30.0 8.0 28.2"),
            "ssn": _anet("SSN", "43.2 28.7 5.6 28.3"),
            "bmn": _anet("BMN", "50.1 34.8 8.3 33.9"),
            "g_tad": _anet("G-TAD", "50.4 34.6 9.0 34.1"),
            "bu_tal": _anet("BU-TAL", "43.5 33.9 9.2 34.3"),
            "vsgn": _anet("VSGN", "52.3 35.2 8.3 34.7"),
            "tal": _anet("TAL", "38.2 18.3 1.3 20.2"),
            "p_gcn": _anet("P-GCN", "48.3 33.2 3.3 31.1"),
            "tcanet": _anet("TCANet", "52.3 36.7 6.9 35.5"),
            "afsd": _anet("AFSD", "52.4 35.2 6.5 34.3"),
            "rtd_net": _anet("RTD-Net", "47.2 30.7 8.6 30.8"),
            "tadtr": _anet("TadTR", "49.1 32.6 8.5 32.3"),
            "react": _anet("ReAct", "49.6 33.0 8.6 32.6", 0.38),
        },
        (FLOPS_LOST, "The average is over tIoU 0.5:0.05:0.95."),
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
