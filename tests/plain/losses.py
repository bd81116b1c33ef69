"""The losses, one query and one instance at a time (sections 3.1-3.4).

Predictions are lists over windows, instances too: ``instances[window]`` is a list of ``(center, width, label)``, and
``pairs[window]`` a list of ``(query, position in that list)``.
"""

import itertools
import math

import numpy as np

from plain.segments import ends, generalized_iou, iou


def sigmoid(number):
    return 1 / (1 + math.exp(-number))


def number_of(instances):
    """What losses are divided by: the instances of the batch, at least 1."""
    return max(sum(len(window) for window in instances), 1)


def focal(logit, wanted, alpha, gamma):
    """Lin et al. 2017, equation 5."""
    probability = sigmoid(logit)
    if wanted:
        return -alpha * (1 - probability) ** gamma * math.log(probability)
    return -(1 - alpha) * probability**gamma * math.log(1 - probability)


def matching_cost(logits, predicted, instances, matching):
    """Cost of every query with every instance of one window, ``[queries][instances]``."""
    costs = []
    for query, segment in zip(logits, predicted, strict=True):
        row = []
        for center, width, label in instances:
            if matching.form == "released":
                probability = math.exp(query[label]) / sum(math.exp(logit) for logit in query)
                pairs = zip(ends(segment), ends((center, width)), strict=True)
            else:
                probability = sigmoid(query[label])
                pairs = zip(segment, (center, width), strict=True)
            distance = sum(abs(one - other) for one, other in pairs)
            overlap = iou(ends(segment), ends((center, width)))
            row.append(
                matching.l1_weight * distance - matching.iou_weight * overlap - matching.class_weight * probability
            )
        costs.append(row)
    return costs


def cheapest_pairs(cost, instances):
    """All one-to-one pairings tried, the cheapest taken: a list of (query, instance)."""
    queries = len(cost)
    if instances <= queries:
        trials = (list(zip(chosen, range(instances), strict=True)) for chosen in
                  itertools.permutations(range(queries), instances))  # fmt: skip
    else:
        trials = (list(zip(range(queries), chosen, strict=True)) for chosen in
                  itertools.permutations(range(instances), queries))  # fmt: skip
    return min(trials, key=lambda pairs: sum(cost[query][instance] for query, instance in pairs))


def match(logits, predicted, instances, matching):
    """Pairs of each window of one decoder layer."""
    return [
        cheapest_pairs(matching_cost(*window, matching), len(window[2]))
        for window in zip(logits, predicted, instances, strict=True)
    ]


def query_class_loss(logits, instances, pairs, *, alpha, gamma):
    """First term of equation 8: every class of every query."""
    total = 0.0
    for window, own in enumerate(pairs):
        labels = {query: instances[window][instance][2] for query, instance in own}
        for query, row in enumerate(logits[window]):
            total += sum(focal(logit, labels.get(query) == name, alpha, gamma) for name, logit in enumerate(row))
    return total / number_of(instances)


def ground_truth_class_loss(logits, instances, pairs, *, alpha, gamma):
    """Second term of equation 8: matched queries only."""
    total = 0.0
    for window, own in enumerate(pairs):
        for query, instance in own:
            label = instances[window][instance][2]
            total += sum(focal(logit, name == label, alpha, gamma) for name, logit in enumerate(logits[window][query]))
    return total / number_of(instances)


def regression(predicted, instances, pairs):
    """Equation 11 without its weights: L1 and gIoU."""
    distance = giou = 0.0
    for window, own in enumerate(pairs):
        for query, instance in own:
            center, width, _ = instances[window][instance]
            segment = predicted[window][query]
            distance += abs(center - segment[0]) + abs(width - segment[1])
            giou += 1 - generalized_iou(ends((center, width)), ends(segment))
    return distance / number_of(instances), giou / number_of(instances)


def closest(segment, instances):
    """The instance with the largest IoU; where none overlaps, the one with the smallest gap, by gIoU."""
    return max(
        instances,
        key=lambda one: (iou(ends(segment), ends(one[:2])), generalized_iou(ends(segment), ends(one[:2]))),
    )


def midpoint_quality(segment, instance):
    return math.exp(-abs(segment[0] - instance[0]) / instance[1])


def quality(logits, predicted, instances, pairs, *, midpoint):
    """Equation 9, mean over all queries; ``midpoint="bce"``: cross-entropy of matched queries for the midpoint,
    divided by the number of instances.
    """
    of_all, of_matched = [], 0.0
    for window, segments in enumerate(predicted):
        for query, segment in enumerate(segments):
            wanted = (0.0, 0.0)
            if instances[window]:
                near = closest(segment, instances[window])
                wanted = (midpoint_quality(segment, near), iou(ends(segment), ends(near[:2])))
            said = [sigmoid(logit) for logit in logits[window][query]]
            of_all.append(abs(said[1] - wanted[1]) + (abs(said[0] - wanted[0]) if midpoint == "l1" else 0))
        if midpoint == "bce":
            for query, instance in pairs[window]:
                target = midpoint_quality(segments[query], instances[window][instance])
                said = sigmoid(logits[window][query][0])
                of_matched -= target * math.log(said) + (1 - target) * math.log(1 - said)
    return sum(of_all) / len(of_all) + of_matched / number_of(instances)


def iou_decay(predicted, *, form):
    """Equation 6, mean over windows; ``upper_mean``: mean over pairs i < j."""
    decays = []
    for segments in predicted:
        n = len(segments)
        overlap = [[iou(ends(one), ends(other)) for other in segments] for one in segments]
        if form == "half_sum":
            decays.append(0.5 * sum(overlap[i][j] for i in range(n) for j in range(n)))
        else:
            decays.append(float(np.mean([overlap[i][j] for i in range(n) for j in range(i + 1, n)])))
    return sum(decays) / len(decays)


def contrastive(anchors, positives, negatives, temperature):
    """Equation 7 for each anchor, with its positive and its list of negatives; mean over anchors."""

    def alike(one, other):
        return math.exp(one @ other / np.linalg.norm(one) / np.linalg.norm(other) / temperature)

    losses = []
    for anchor, positive, own in zip(anchors, positives, negatives, strict=True):
        shared = alike(anchor, positive)
        losses.append(-math.log(shared / (shared + sum(alike(anchor, negative) for negative in own))))
    return sum(losses) / len(losses)
