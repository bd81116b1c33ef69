"""The losses of one decoder layer, one query and one instance at a time (sections 3.1-3.4).

Predictions are lists over windows, instances too: ``instances[window]`` is a list of ``(center, width, label)``, and
``pairs[window]`` a list of ``(query, position in that list)``.

``overlap="released"`` measures IoU and gIoU as the released code does: predictions are cut to the window, and 1e-6 is
added to denominators.
"""

import itertools
import math

import numpy as np

from plain.segments import cut, ends, generalized_iou, iou

MARGIN = {"exact": 0.0, "released": 1e-6}


def sigmoid(number):
    return 1 / (1 + math.exp(-number))


def number_of(lists):
    """What losses are divided by: the instances (or the pairs) of the batch, at least 1."""
    return max(sum(len(window) for window in lists), 1)


def placed(segment, overlap):
    """(start, end) of a prediction, whose IoU is taken."""
    return cut(ends(segment)) if overlap == "released" else ends(segment)


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
        place = placed(segment, matching.overlap)
        row = []
        for center, width, label in instances:
            if matching.probability == "softmax":
                probability = math.exp(query[label]) / sum(math.exp(logit) for logit in query)
            else:
                probability = sigmoid(query[label])
            instance = ends((center, width))
            distance = abs(place[0] - instance[0]) + abs(place[1] - instance[1])
            overlap = iou(place, instance, MARGIN[matching.overlap])
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
    """Second term of equation 8: matched queries only, divided by their number."""
    total = 0.0
    for window, own in enumerate(pairs):
        for query, instance in own:
            label = instances[window][instance][2]
            total += sum(focal(logit, name == label, alpha, gamma) for name, logit in enumerate(logits[window][query]))
    return total / number_of(pairs)


def regression(predicted, instances, pairs, *, overlap):
    """Equation 11 without its weights: L1 and gIoU."""
    distance = giou = 0.0
    for window, own in enumerate(pairs):
        for query, instance in own:
            center, width, _ = instances[window][instance]
            segment = predicted[window][query]
            distance += abs(center - segment[0]) + abs(width - segment[1])
            giou += 1 - generalized_iou(placed(segment, overlap), ends((center, width)), MARGIN[overlap])
    return distance / number_of(instances), giou / number_of(instances)


def midpoint_quality(segment, instance):
    return math.exp(-abs(segment[0] - instance[0]) / instance[1])


def midpoint(logits, predicted, instances, pairs, *, form):
    """First part of equation 9, mean over matched queries: L1, or cross-entropy."""
    total = 0.0
    for window, own in enumerate(pairs):
        for query, instance in own:
            wanted = midpoint_quality(predicted[window][query], instances[window][instance])
            said = sigmoid(logits[window][query][0])
            if form == "l1":
                total += abs(said - wanted)
            else:
                total -= wanted * math.log(said) + (1 - wanted) * math.log(1 - said)
    return total / number_of(pairs)


def closest_iou(segment, instances, *, overlap):
    """The largest IoU with an instance of the window, 0 where it has none."""
    place = placed(segment, overlap)
    return max((iou(place, ends(one[:2]), MARGIN[overlap]) for one in instances), default=0.0)


def extent(logits, predicted, instances, *, overlap):
    """Second part of equation 9, mean over all queries."""
    of_all = [
        abs(sigmoid(logits[window][query][1]) - closest_iou(segment, instances[window], overlap=overlap))
        for window, own in enumerate(predicted)
        for query, segment in enumerate(own)
    ]
    return sum(of_all) / len(of_all)


def iou_decay(predicted, *, overlap):
    """Equation 6, every pair once, divided by the square of the number of queries; mean over windows."""
    decays = []
    for segments in predicted:
        places = [placed(segment, overlap) for segment in segments]
        shared = sum(iou(*pair, MARGIN[overlap]) for pair in itertools.combinations(places, 2))
        decays.append(shared / len(segments) ** 2)
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
