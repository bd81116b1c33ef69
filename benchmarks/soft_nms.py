"""Time Soft-NMS on made-up detections of THUMOS14's, ActivityNet's and a whole day's size.

    python benchmarks/soft_nms.py

Prints a table: processor seconds of the suppression as the pipeline does it, and one winner after another
(``tests/plain/soft_nms.py``; of so many videos that it takes seconds, times their share), best of three.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from react_tad.detection.detections import RawDetections
from react_tad.detection.soft_nms import suppress

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from plain.soft_nms import soft_nms as one_by_one

OPTIONS = {"method": "gaussian", "sigma": 0.4, "iou_threshold": 0.5}


def made_up(videos: int, each: int, classes: int, seconds: float, longest: float) -> RawDetections:
    """``each`` detections in each of so many videos, anywhere in them and up to ``longest`` seconds long."""
    random = np.random.default_rng(0)
    count = videos * each
    start = random.random(count) * (seconds - longest)
    return RawDetections(
        videos=tuple(f"video {number}" for number in range(videos)),
        classes=tuple(f"class {number}" for number in range(classes)),
        durations=np.full(videos, seconds),
        video=np.repeat(np.arange(videos), each),
        start=start,
        end=start + random.random(count) * longest,
        label=random.integers(0, classes, count),
        score=random.random(count) ** 2,
    )


def seconds_of(work: Callable[[], object], times: int = 3) -> float:
    """The least processor time of some runs."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def plain(raw: RawDetections, videos: int, **options: object) -> None:
    """The first videos, one winner after another."""
    for video in range(videos):
        own = raw.video == video
        one_by_one(raw.start_end[own], raw.score[own], raw.label[own], **options)


def main() -> None:
    """Print the table."""
    cases = [
        # name, (videos, detections in each, classes, seconds, longest), class-wise, keep, floor, videos one by one
        ("213 videos, class-wise, all kept", (213, 3000, 20, 210.0, 10.0), True, 10**9, 1e-3, 10),
        ("213 videos, all classes, all kept", (213, 3000, 20, 210.0, 10.0), False, 10**9, 1e-3, 10),
        ("213 videos, all classes, the default", (213, 3000, 20, 210.0, 10.0), False, 1000, 1e-6, 10),
        ("200 long actions, all classes", (200, 3000, 20, 120.0, 100.0), False, 1000, 1e-6, 10),
        ("a day, all classes, 1000 kept", (1, 288_000, 20, 86_400.0, 24.0), False, 1000, 1e-6, 0),
        ("a day, all classes, all kept", (1, 288_000, 20, 86_400.0, 24.0), False, 10**9, 1e-6, 0),
    ]
    print("| detections | in step | one by one |\n|---|---|---|")
    for name, size, class_wise, keep, floor, few in cases:
        raw = made_up(*size)
        options = OPTIONS | {"class_wise": class_wise, "keep": keep, "floor": floor}
        ours = seconds_of(lambda raw=raw, options=options: suppress(raw, **options))
        share = seconds_of(lambda raw=raw, options=options, few=few: plain(raw, few, **options), 1) if few else None
        shown = f"{share * size[0] / few:.1f} s" if few else "not run"
        print(f"| {name}: {len(raw)} | {ours:.2f} s | {shown} |", flush=True)


if __name__ == "__main__":
    main()
