"""Soft-NMS one winner at a time over arrays, from the definition: what the one of many winners equals to the bit."""

import numpy as np

from react_tad.segments import iou


def soft_nms(start_end, scores, labels, *, method, sigma, iou_threshold, class_wise, keep, floor):
    """Indices of what is kept and its new scores, by descending new score."""
    order = np.lexsort((labels, start_end[:, 1], start_end[:, 0], -scores))
    start_end, scores, labels = start_end[order], scores[order].copy(), np.asarray(labels)[order]
    groups = (
        [np.flatnonzero(labels == label) for label in np.unique(labels)] if class_wise else [np.arange(len(labels))]
    )
    kept, new_scores = [np.empty(0, dtype=int)], [np.empty(0)]
    for group in groups:
        chosen, decayed = one_group(start_end[group], scores[group], method, sigma, iou_threshold, keep, floor)
        kept.append(group[chosen])
        new_scores.append(decayed)
    chosen, decayed = np.concatenate(kept), np.concatenate(new_scores)
    best = np.lexsort((chosen, -decayed))[:keep]
    return order[chosen[best]], decayed[best]


def one_group(start_end, scores, method, sigma, iou_threshold, keep, floor):
    """Of detections that all decay each other, in their canonical order; overwrites ``scores``."""
    if method == "none":
        chosen = np.flatnonzero(scores >= floor)[:keep]
        return chosen, scores[chosen]
    gone = -1.0  # below every floor
    chosen, decayed = np.empty(min(keep, len(scores)), dtype=int), np.empty(min(keep, len(scores)))
    for count in range(len(chosen)):
        best = int(scores.argmax())
        if scores[best] < floor:
            return chosen[:count], decayed[:count]
        chosen[count], decayed[count] = best, scores[best]
        overlaps = iou(start_end[best], start_end)
        if method == "gaussian":
            scores *= np.exp(overlaps**2 / -sigma)
        elif method == "linear":
            scores[overlaps > iou_threshold] *= 1 - overlaps[overlaps > iou_threshold]
        else:
            scores[overlaps > iou_threshold] = gone
        scores[chosen[: count + 1]] = gone
    return chosen, decayed
