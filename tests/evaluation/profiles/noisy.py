"""Detections made from ground truth with seeded noise, as many as a detector gives on THUMOS14.

By hand: ``python tests/profiles/noisy.py ANNOTATIONS.json OUT.json`` writes those of the subset test.
"""

import sys

import numpy as np

from react_tad.detection.detections import Detections, write_detections
from react_tad.evaluation.ground_truth import GroundTruth, read_ground_truth

NEAR, BACKGROUND, SEED = 20, 630, 0


def noisy(truth: GroundTruth) -> Detections:
    """20 detections near each instance, 630 in each video anywhere in its annotated time.

    Near: start and end of the first are off by a normal error of 0.15 of the length, its score is from 0 to 1; the
    others are off by 0.5 of the length more, with a tenth of such a score, as after Soft-NMS. One in ten has a wrong
    class. Anywhere: 1 to 20 s, any class, scores up to 0.4.
    """
    random = np.random.default_rng(SEED)
    rows = np.repeat(np.arange(len(truth.label)), NEAR)
    start_end, others = truth.start_end[rows], np.arange(len(rows)) % NEAR > 0
    error = random.normal(0, 0.15, truth.start_end.shape)[rows]
    error += 0.5 * random.normal(size=error.shape) * others[:, None]
    score = random.random(len(rows)) * np.where(others, 0.1, 1)
    near = np.sort(start_end + error * np.diff(start_end, axis=1), axis=1).clip(0)
    label = np.where(random.random(len(rows)) < 0.9, truth.label[rows], random.integers(0, 20, len(rows)))
    ends = np.array([truth.start_end[truth.video == video, 1].max(initial=60) for video in range(len(truth.videos))])
    video = np.repeat(np.arange(len(truth.videos)), BACKGROUND)
    start = random.random(len(video)) * ends[video]
    return Detections(
        videos=truth.videos,
        classes=truth.classes,
        video=np.concatenate([truth.video[rows], video]),
        label=np.concatenate([label, random.integers(0, 20, len(video))]),
        start=np.concatenate([near[:, 0], start]),
        end=np.concatenate([near[:, 1], start + random.uniform(1, 20, len(video))]),
        score=np.concatenate([score, 0.4 * random.random(len(video))]),
        source="noisy ground truth",
    )


if __name__ == "__main__":
    write_detections(sys.argv[2], noisy(read_ground_truth(sys.argv[1], "test")))
