"""The detector for one window, query by query, head by head (section 3.1, supplement A and B).

A window comes without its padding. What the released code lets padding change is computed from :class:`Window`.
"""

import math
from dataclasses import dataclass

import numpy as np

from plain.segments import ends, iou


class Weights:
    """A module's weights in double precision, by their names."""

    def __init__(self, module):
        self.arrays = {name: tensor.detach().double().numpy() for name, tensor in module.state_dict().items()}

    def linear(self, name, vector):
        return self.arrays[f"{name}.weight"] @ vector + self.arrays[f"{name}.bias"]

    def norm(self, name, vector):
        spread = math.sqrt(((vector - vector.mean()) ** 2).mean() + 1e-5)
        return (vector - vector.mean()) / spread * self.arrays[f"{name}.weight"] + self.arrays[f"{name}.bias"]

    def stack(self, name, vector, *places):
        """Linear layers with a ReLU between each two."""
        for place in places[:-1]:
            vector = np.maximum(self.linear(f"{name}.{place}", vector), 0)
        return self.linear(f"{name}.{places[-1]}", vector)

    def feed_forward(self, name, vector):
        return self.stack(name, vector, 0, 3)


def sigmoid(number):
    return 1 / (1 + np.exp(-number))


def softmax(numbers):
    powers = [math.exp(number - max(numbers)) for number in numbers]
    return [power / sum(powers) for power in powers]


def logit(probability):
    """Inverse of the sigmoid, with the probability and its complement at least 1e-5."""
    return math.log(max(probability, 1e-5) / max(1 - probability, 1e-5))


@dataclass(frozen=True)
class Window:
    """How shares of a window's ``length`` snippets are read from the sequence that it was padded to."""

    length: int
    padded: int
    released: bool

    @property
    def unit(self):
        """Share of the window that an offset of 1 spans where nothing has a width: a snippet, or longer."""
        return self.padded / self.length**2 if self.released else 1 / self.length

    def index(self, share):
        """Snippet ``i`` is read wholly at index ``i``."""
        if self.released:  # the first snippet at the padded sequence's start, the last at its end
            return share * self.length / self.padded * (self.padded - 1)
        return share * self.length - 0.5

    def share(self, snippet):
        """Where the encoder looks from."""
        return (snippet + 0.5) / self.length


def interpolate(sequence, index):
    """Each snippet ``i`` counts by its distance from ``index``: wholly at 0, not at all from 1 on."""
    return sum(max(0.0, 1 - abs(index - i)) * snippet for i, snippet in enumerate(sequence))


def deformable_attention(weights, name, query, sequence, window, share_of, *, heads, points):
    """One query's reading of ``sequence``; ``share_of(offset)`` turns an offset into a share of the window."""
    values = [weights.linear(f"{name}.value", snippet) for snippet in sequence]
    offsets, importance = weights.linear(f"{name}.offset", query), weights.linear(f"{name}.weight", query)
    channels = len(values[0]) // heads
    read = []
    for head in range(heads):
        own = [value[head * channels : (head + 1) * channels] for value in values]
        places = range(head * points, (head + 1) * points)
        amounts = softmax([importance[place] for place in places])
        read.append(
            sum(
                amount * interpolate(own, window.index(share_of(offsets[place])))
                for amount, place in zip(amounts, places, strict=True)
            )
        )
    return weights.linear(f"{name}.output", np.concatenate(read))


def encoder_layer(weights, name, sequence, window, *, heads, points, ffn_norm):
    """Supplement A."""
    encoded = []
    for i, snippet in enumerate(sequence):
        read = deformable_attention(
            weights,
            f"{name}.attention",
            snippet,
            sequence,
            window,
            lambda offset, i=i: window.share(i) + offset * window.unit,
            heads=heads,
            points=points,
        )
        snippet = weights.norm(f"{name}.attention_norm", snippet + read)
        snippet = snippet + weights.feed_forward(f"{name}.ffn", snippet)
        encoded.append(weights.norm(f"{name}.ffn_norm", snippet) if ffn_norm else snippet)
    return encoded


def cosine(first, second):
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    return first @ second / lengths if lengths else 0.0


def overlaps(segments, window=None):
    """IoU of all pairs; with a ``window`` as the released code takes it: of segments cut to what it is padded to."""
    if window is None:
        return [[iou(segment, other) for other in segments] for segment in segments]
    share = window.length / window.padded
    cut = [[min(max(end * share, 0.0), 1.0) for end in segment] for segment in segments]
    return [[released_iou(segment, other) for other in cut] for segment in cut]


def released_iou(first, second):
    shared = max(0.0, min(first[1], second[1]) - max(first[0], second[0]))
    return shared / ((first[1] - first[0]) + (second[1] - second[0]) - shared + 1e-6)


def relations(queries, iou, *, gamma, tau, boundary):
    """Equations 1-3 as the prose has them: pairs alike and with little overlap, and each query itself."""
    mask = []
    for i, query in enumerate(queries):
        row = []
        for j, other in enumerate(queries):
            distinct = iou[i][j] < tau or (boundary == "include" and iou[i][j] == tau)
            row.append(i == j or (cosine(query, other) - gamma > 0 and distinct))
        mask.append(row)
    return mask


def query_attention(weights, name, content, mask, *, heads, output_projection=True):
    """Equations 4 and 5 for every query and head; keys and values of the pairs that ``mask`` keeps."""
    queries, keys, values = (
        [weights.linear(f"{name}.{part}", x) for x in content] for part in ("query", "key", "value")
    )
    channels = len(content[0]) // heads
    mixed = []
    for i, query in enumerate(queries):
        partners = [j for j in range(len(content)) if mask[i][j]]
        parts = []
        for head in range(heads):
            own = slice(head * channels, (head + 1) * channels)
            attention = softmax([query[own] @ keys[j][own] / math.sqrt(channels) for j in partners])
            parts.append(sum(a * values[j][own] for a, j in zip(attention, partners, strict=True)))
        joined = np.concatenate(parts)
        mixed.append(weights.linear(f"{name}.output", joined) if output_projection else joined)
    return mixed


def decoder_layer(weights, name, content, mask, sequence, window, references, settings, *, block):
    """Figure 3 right and supplement B; ``references`` are (center, width) or (center,) in shares of the window."""
    mixed = query_attention(
        weights, f"{name}.attention", content, mask, heads=settings.heads, output_projection=block == "standard"
    )
    decoded = []
    for i, reference in enumerate(references):
        if block == "standard":
            query = own = weights.norm(f"{name}.attention_norm", content[i] + mixed[i])
        else:  # the residual inside the attention, and once more outside; the query is what the attention gave
            query = content[i] + mixed[i]
            own = weights.norm(f"{name}.attention_norm", content[i] + query)

        def share_of(offset, reference=reference):
            if len(reference) == 1:
                return reference[0] + offset * window.unit
            center, width = reference
            return center + offset / settings.points * width / 2

        read = deformable_attention(
            weights,
            f"{name}.cross_attention",
            query,
            sequence,
            window,
            share_of,
            heads=settings.heads,
            points=settings.points,
        )
        own = weights.norm(f"{name}.cross_norm", own + read)
        decoded.append(weights.norm(f"{name}.ffn_norm", own + weights.feed_forward(f"{name}.ffn", own)))
    return decoded


@dataclass
class Detected:
    """What the detector says about one window: a list of ``[queries, ...]`` arrays, one a layer."""

    logits: list
    segments: list
    masks: list
    quality: list
    scores: np.ndarray


def react(module, settings, features, padded):
    """The whole detector (section 3) for one window ``[L, dimension]``, with its refinement layer by layer."""
    weights = Weights(module)
    window = Window(len(features), padded, settings.sampling == "released")
    sequence = encode(weights, settings, features, window)
    content = list(weights.arrays["content"])
    references = [tuple(sigmoid(weights.linear("reference", own))) for own in weights.arrays["position"]]
    detected = Detected([], [], [], [], np.empty(0))
    for layer in range(settings.decoder_layers):
        content, mask, logits = _layer(weights, settings, layer, content, references, sequence, window)
        refined = []
        for query, reference in zip(content, references, strict=True):
            change = weights.stack(f"decoder.segment_heads.{layer}", query, 0, 2, 4)
            known = [logit(number) for number in reference] + [0.0] * (2 - len(reference))
            refined.append(tuple(sigmoid(change + known)))
        references = refined
        detected.logits.append(logits)
        detected.segments.append(np.array(refined))
        detected.masks.append(mask)
        if settings.quality:
            detected.quality.append(np.array([weights.linear("quality", query) for query in content]))
    detected.scores = sigmoid(detected.logits[-1])
    if settings.quality:
        for query, (midpoint, overlap) in enumerate(sigmoid(detected.quality[-1])):
            detected.scores[query] *= midpoint * overlap
    return detected


def classify(module, settings, features, padded, references):
    """ACE-dec's second pass: class logits of every layer, with references that stay as they are."""
    weights = Weights(module)
    window = Window(len(features), padded, settings.sampling == "released")
    sequence = encode(weights, settings, features, window)
    content = list(weights.arrays["content"])
    logits = []
    for layer in range(settings.decoder_layers):
        content, _, of_layer = _layer(weights, settings, layer, content, references, sequence, window)
        logits.append(of_layer)
    return logits


def encode(weights, settings, features, window):
    sequence = [weights.linear("project", snippet) for snippet in features]
    for layer in range(settings.encoder_layers):
        sequence = encoder_layer(
            weights,
            f"encoder.layers.{layer}",
            sequence,
            window,
            heads=settings.heads,
            points=settings.points,
            ffn_norm=settings.encoder_ffn_norm,
        )
    return sequence


def _layer(weights, settings, layer, content, references, sequence, window):
    raid = settings.raid
    mask = [[True] * len(content)] * len(content)
    if raid.enabled and len(references[0]) == 2:
        segments = [ends(reference) for reference in references]
        iou = overlaps(segments, window if raid.overlap == "released" else None)
        mask = relations(content, iou, gamma=raid.gamma, tau=raid.tau, boundary=raid.boundary)
    content = decoder_layer(
        weights,
        f"decoder.layers.{layer}",
        content,
        mask,
        sequence,
        window,
        references,
        settings,
        block=raid.block if raid.enabled else "standard",
    )
    if settings.final_norm and layer == settings.decoder_layers - 1:
        content = [weights.norm("decoder.final_norm", query) for query in content]
    return content, mask, np.array([weights.linear(f"decoder.class_heads.{layer}", query) for query in content])
