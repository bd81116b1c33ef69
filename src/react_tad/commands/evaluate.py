"""Mean average precision of any ActivityNet-style detections against any ActivityNet-style annotations.

Detections: {"results": {video: [{"label", "segment": [start, end], "score"}]}}. Annotations: {"database": {video:
{"subset", "duration", "annotations": [{"label", "segment"}]}}}. Or tables (.csv): the columns video, start, end, label
and score; video, start, end, label, and where there are any subset and duration. Each may be compressed (.gz). Times
are seconds. The definitions are described in react_tad/evaluation/average_precision.py; numbers are printed in per
cent and written as fractions, unrounded.

A ground-truth profile says which annotated videos and instances count; papers on THUMOS14 use four different ones.
--profile names those of the data set that --about or --profiles names; the first is the headline: its metrics are what
the metrics file holds, and those of the others are under its key "profiles".

--proposals measures segments without their labels: average recall (AR) at 1, 5, 10 and 100 proposals a video, and the
area under AR against their number (AUC), by ActivityNet's definition (react_tad/evaluation/proposals.py).
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from react_tad.arguments import add_cfg

if TYPE_CHECKING:
    from react_tad.evaluation.average_precision import Metrics
    from react_tad.evaluation.ground_truth import GroundTruth
    from react_tad.evaluation.profiles.measure import Measured
    from react_tad.evaluation.proposals import Proposals

DEFAULT_DEFINITION, DEFAULT_TIOU = "activitynet", "0.3:0.7:0.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the verb."""
    parser.add_argument("--annotations", type=Path, required=True, metavar="FILE", help="ground truth")
    parser.add_argument("--detections", type=Path, required=True, metavar="FILE", help="results to evaluate")
    parser.add_argument("--subset", required=True, metavar="NAME", help="subset of the annotations, in any case")
    parser.add_argument(
        "--tiou",
        metavar="A:B:STEP|A,B",
        help=f"thresholds, last included; {DEFAULT_TIOU} if not given, with --proposals 0.5:0.95:0.05",
    )
    parser.add_argument("--proposals", action="store_true", help="AR@AN and AUC of the segments, whatever their labels")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="with --proposals: the curve, a row a number")
    parser.add_argument("--definition", choices=("activitynet", "thumos14"), help=f"{DEFAULT_DEFINITION} if not given")
    add_cfg(parser, '{"evaluation": {"definition", "tiou"}} in place of --definition and --tiou', required=False)
    parser.add_argument(
        "--profile", nargs="+", metavar="NAME|all", help="ground-truth profiles; all that is annotated if not given"
    )
    parser.add_argument(
        "--profiles", metavar="DATASET|FILE", help="whose profiles: thumos14, activitynet13, or a .yaml of one's own"
    )
    parser.add_argument(
        "--videos",
        type=Path,
        metavar="FILE",
        help="videos that there are features for: a name a line, or a feature manifest (.json). Without --profile only "
        "these are evaluated on; profiles say whether they leave out the others",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="metrics file to write")
    parser.add_argument(
        "--about", metavar="JSON", help="keys to add to the metrics file: dataset, profile, variant, seed, fold"
    )
    parser.add_argument("--per-class", action="store_true", help="print AP of every class too")
    parser.add_argument(
        "--unknown-labels",
        choices=("refuse", "ignore"),
        default="refuse",
        help="labels that the annotations do not have: an error (default), or left out and counted",
    )


def run(arguments: argparse.Namespace) -> None:
    """Read, evaluate, print, and write the metrics if asked to."""
    from react_tad.detection.detections import read_detections
    from react_tad.evaluation.average_precision import evaluate
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.files import write_json

    if arguments.proposals:
        _run_proposals(arguments)
        return
    if arguments.csv:
        raise ValueError("--csv writes the curve of --proposals; metrics are written by --json")
    definition, tiou = _how(arguments)
    about = _about(arguments.about)
    ground_truth = read_ground_truth(arguments.annotations, arguments.subset)
    detections = read_detections(arguments.detections)
    if arguments.profile:
        from react_tad.evaluation.profiles.measure import measure_named

        dataset = arguments.profiles or about.get("dataset")
        if not dataset:
            raise ValueError(f"--profile {' '.join(arguments.profile)}: say of which data set, by --profiles")
        if "profile" in about:
            raise ValueError("--profile names the profile of the metrics; leave it out of --about")
        measured = measure_named(
            ground_truth,
            detections,
            dataset,
            arguments.profile,
            tiou,
            definition,
            videos=arguments.videos,
            unknown_labels=arguments.unknown_labels,
        )
        metrics, written = next(iter(measured.metrics.values())), measured.as_dict()
        print(profile_table(measured) + "\n")
    elif arguments.profiles:
        raise ValueError("--profiles says whose profiles; say which of them by --profile")
    else:
        if arguments.videos:
            from react_tad.evaluation.profiles.catalogue import read_video_names
            from react_tad.evaluation.profiles.profile import only_videos

            ground_truth = only_videos(ground_truth, read_video_names(arguments.videos))
        metrics = evaluate(ground_truth, detections, tiou, definition, unknown_labels=arguments.unknown_labels)
        written = metrics.as_dict()
    if metrics.counts["zero_length_instances"] or metrics.counts["instances_past_end"]:
        print(
            f"{arguments.annotations}: {metrics.counts['zero_length_instances']} instances of zero length and "
            f"{metrics.counts['instances_past_end']} that end after their video are counted as they are",
            file=sys.stderr,
        )
    print(table(metrics, per_class=arguments.per_class))
    if arguments.json:
        write_json(arguments.json, about | written)


def _run_proposals(arguments: argparse.Namespace) -> None:
    """The same for segments without their labels."""
    from react_tad.detection.detections import read_detections
    from react_tad.evaluation.average_precision import parse_tiou
    from react_tad.evaluation.proposals import TIOU, evaluate_proposals
    from react_tad.files import write_json
    from react_tad.tables import write_table

    for option in ("cfg", "definition", "per_class"):
        if getattr(arguments, option):
            raise ValueError(f"--{option.replace('_', '-')} is about mAP; leave it out with --proposals")
    tiou, about = parse_tiou(arguments.tiou or TIOU), _about(arguments.about)
    ground_truth = _ground_truth(arguments, about)
    proposals = evaluate_proposals(ground_truth, read_detections(arguments.detections), tiou)
    print(proposal_table(proposals))
    if arguments.json:
        write_json(arguments.json, about | proposals.as_dict())
    if arguments.csv:
        write_table(arguments.csv, *proposals.as_rows())


def _ground_truth(arguments: argparse.Namespace, about: dict[str, object]) -> "GroundTruth":
    """What counts, under one profile if one is named."""
    from react_tad.evaluation.ground_truth import read_ground_truth
    from react_tad.evaluation.profiles.catalogue import read_video_names, under_profile
    from react_tad.evaluation.profiles.profile import only_videos

    ground_truth = read_ground_truth(arguments.annotations, arguments.subset)
    videos = read_video_names(arguments.videos) if arguments.videos else None
    if arguments.profile:
        dataset = arguments.profiles or about.get("dataset")
        if not dataset or len(arguments.profile) > 1 or "profile" in about:
            raise ValueError("--proposals takes one --profile, and --profiles says of which data set")
        return under_profile(ground_truth, str(dataset), arguments.profile[0], videos)
    if arguments.profiles:
        raise ValueError("--profiles says whose profiles; say which of them by --profile")
    return ground_truth if videos is None else only_videos(ground_truth, videos)


def _how(arguments: argparse.Namespace) -> tuple[str, tuple[float, ...]]:
    """Definition and thresholds from ``--cfg``, or from ``--definition`` and ``--tiou``."""
    if arguments.cfg is None:
        from react_tad.evaluation.average_precision import parse_tiou

        return arguments.definition or DEFAULT_DEFINITION, parse_tiou(arguments.tiou or DEFAULT_TIOU)
    if arguments.definition or arguments.tiou:
        raise ValueError("--cfg gives definition and thresholds; leave out --definition and --tiou")
    from react_tad.params.evaluation import Evaluation
    from react_tad.params.section import step_params

    section = step_params(Evaluation, arguments.cfg, "evaluation")
    return section.definition, section.tiou


def _about(text: str | None) -> dict[str, object]:
    """The keys of ``--about``, which are known and describe a run; anything else would hide a slip."""
    known = ("dataset", "profile", "variant", "seed", "fold")
    from react_tad.evaluation.folds import check_fold
    from react_tad.files import parse_json

    about = parse_json(text or "{}", f"--about {text}")
    if not isinstance(about, dict) or not about.keys() <= set(known):
        raise ValueError(f"--about {text} should be a JSON object with no other keys than {', '.join(known)}")
    check_fold(about, f"--about {text}")
    return about


def profile_table(measured: "Measured") -> str:
    """mAP under each profile in per cent as lines of text, the headline first."""
    rows = measured.metrics
    width = max(len(name) for name in (*rows, *measured.not_these, "profile"))
    first = next(iter(rows.values()))
    head = f"{'profile':{width}}  videos  instances  ignored"
    lines = [head + "".join(f"{threshold!s:>8}" for threshold in first.tiou) + " average"]
    for name, metrics in rows.items():
        counts = metrics.counts
        ignored = counts.get("ignored_in_left_out_videos", 0)
        values = "".join(f"{100 * value:8.2f}" for value in (*metrics.mean_ap, metrics.average_map))
        lines.append(f"{name:{width}}  {counts['videos']:6}  {counts['instances']:9}  {ignored:7}{values}")
    lines += [f"{name:{width}}  does not fit: {why}" for name, why in measured.not_these.items()]
    return "\n".join(lines)


def table(metrics: "Metrics", *, per_class: bool) -> str:
    """Metrics in per cent as lines of text, with what was evaluated and what was left out below."""
    rows = [("mAP", [*metrics.mean_ap, metrics.average_map])]
    if per_class:
        rows += [(name, [*row, row.mean()]) for name, row in zip(metrics.classes, metrics.ap, strict=True)]
    width = max(len(name) for name, _ in (*rows, ("tIoU", None)))
    lines = [f"{'tIoU':{width}}" + "".join(f"{threshold!s:>8}" for threshold in metrics.tiou) + " average"]
    lines += [f"{name:{width}}" + "".join(f"{100 * value:8.2f}" for value in values) for name, values in rows]
    counts = metrics.counts
    profile = f", profile {metrics.profile}" if metrics.profile else ""
    lines.append(
        f"{metrics.definition}, subset {metrics.subset}{profile}: {counts['videos']} videos, {counts['instances']} "
        f"instances of {counts['classes']} classes; {counts['detections']} detections in "
        f"{counts['videos_with_detections']} videos"
    )
    ignored = {
        "in other subsets": counts["ignored_in_other_subsets"],
        "in videos that are left out": counts.get("ignored_in_left_out_videos", 0),
        "with unknown labels": counts["ignored_of_unknown_classes"],
        "of classes without instances in the subset": counts["ignored_of_absent_classes"],
    }
    if any(ignored.values()):
        lines.append("ignored detections: " + ", ".join(f"{count} {what}" for what, count in ignored.items() if count))
    return "\n".join(lines)


def proposal_table(proposals: "Proposals") -> str:
    """AR and AUC in per cent as lines of text, with what was evaluated below."""
    from react_tad.evaluation.proposals import SHOWN

    heads = [*(f"AR@{number}" for number in SHOWN), "AUC"]
    values = [*(proposals.average_recall[number - 1] for number in SHOWN), proposals.auc]
    counts = proposals.counts
    profile = f", profile {proposals.profile}" if proposals.profile else ""
    lines = [
        "".join(f"{head:>8}" for head in heads),
        "".join(f"{100 * value:8.2f}" for value in values),
        f"proposals, subset {proposals.subset}{profile}: mean over tIoU {', '.join(map(str, proposals.tiou))}; "
        f"{counts['videos']} videos with {counts['instances']} instances; {counts['proposals']} proposals in "
        f"{counts['videos_with_proposals']} of them",
    ]
    ignored = counts["ignored_in_other_videos"]
    return "\n".join(lines + [f"ignored: {ignored} proposals in videos without an instance here"] * bool(ignored))
