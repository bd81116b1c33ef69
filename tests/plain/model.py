"""The detector for one window without padding, query by query, head by head (section 3.1, supplement A and B)."""

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

    def feed_forward(self, name, vector):
        return self.linear(f"{name}.3", np.maximum(self.linear(f"{name}.0", vector), 0))


def sigmoid(number):
    return 1 / (1 + np.exp(-number))


def softmax(numbers):
    powers = [math.exp(number - max(numbers)) for number in numbers]
    return [power / sum(powers) for power in powers]


def logit(probability):
    """Inverse of the sigmoid, with the probability and its complement at least 1e-5."""
    return math.log(max(probability, 1e-5) / max(1 - probability, 1e-5))


def interpolate(sequence, position):
    """Each snippet ``i`` counts by its distance from ``i + 0.5``: wholly at 0, not at all from 1 on."""
    return sum(max(0.0, 1 - abs(position - (i + 0.5))) * snippet for i, snippet in enumerate(sequence))


def deformable_attention(weights, name, query, sequence, positions_of, *, heads, points):
    """One query's reading of ``sequence``; ``positions_of(offset)`` turns an offset into a position in snippets."""
    values = [weights.linear(f"{name}.value", snippet) for snippet in sequence]
    offsets, importance = weights.linear(f"{name}.offset", query), weights.linear(f"{name}.weight", query)
    channels = len(values[0]) // heads
    read = []
    for head in range(heads):
        own = [value[head * channels : (head + 1) * channels] for value in values]
        places = range(head * points, (head + 1) * points)
        shares = softmax([importance[place] for place in places])
        read.append(
            sum(
                share * interpolate(own, positions_of(offsets[place]))
                for share, place in zip(shares, places, strict=True)
            )
        )
    return weights.linear(f"{name}.output", np.concatenate(read))


def encoder_layer(weights, name, sequence, *, heads, points, ffn_norm):
    """Supplement A."""
    encoded = []
    for i, snippet in enumerate(sequence):
        read = deformable_attention(
            weights,
            f"{name}.attention",
            snippet,
            sequence,
            lambda offset, i=i: i + 0.5 + offset,
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


def relations(queries, segments, *, gamma, tau, boundary):
    """Equations 1-3 as the prose has them: pairs alike and with little overlap, and each query itself."""
    mask = []
    for i, (query, segment) in enumerate(zip(queries, segments, strict=True)):
        row = []
        for j, (other, other_segment) in enumerate(zip(queries, segments, strict=True)):
            overlap = iou(segment, other_segment)
            distinct = overlap < tau or (boundary == "include" and overlap == tau)
            row.append(i == j or (cosine(query, other) - gamma > 0 and distinct))
        mask.append(row)
    return mask


def query_attention(weights, name, content, position, mask, *, heads, output_projection=True):
    """Equations 4 and 5 for every query and head; keys and values of the pairs that ``mask`` keeps."""
    located = [c + p for c, p in zip(content, position, strict=True)]
    queries, keys = ([weights.linear(f"{name}.{part}", x) for x in located] for part in ("query", "key"))
    values = [weights.linear(f"{name}.value", x) for x in content]
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


def decoder_layer(weights, name, content, position, mask, sequence, references, settings, *, block):
    """Figure 3 right and supplement B; ``references`` are (center, width) or (center,) in shares of the window."""
    mixed = query_attention(
        weights,
        f"{name}.attention",
        content,
        position,
        mask,
        heads=settings.heads,
        output_projection=block == "standard",
    )
    decoded = []
    for i, reference in enumerate(references):
        if block == "standard":
            query = own = weights.norm(f"{name}.attention_norm", content[i] + mixed[i])
        else:  # the residual inside the attention, and once more outside; the query is what the attention gave
            query = content[i] + mixed[i]
            own = weights.norm(f"{name}.attention_norm", content[i] + query)

        def position_of(offset, reference=reference):
            if len(reference) == 1:
                return reference[0] * len(sequence) + offset
            center, width = reference
            return (center + offset / settings.points * width / 2) * len(sequence)

        read = deformable_attention(
            weights,
            f"{name}.cross_attention",
            query + position[i],
            sequence,
            position_of,
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
    quality: np.ndarray | None
    scores: np.ndarray


def react(module, settings, features):
    """The whole detector (section 3) for one window ``[T, dimension]``, with its refinement layer by layer."""
    weights = Weights(module)
    sequence = encode(weights, settings, features)
    content, position = list(weights.arrays["content"]), list(weights.arrays["position"])
    references = [tuple(sigmoid(weights.linear("reference", own))) for own in position]
    detected = Detected([], [], [], None, np.empty(0))
    for layer in range(settings.decoder_layers):
        content, mask, logits = _layer(weights, settings, layer, content, position, references, sequence)
        refined = []
        for query, reference in zip(content, references, strict=True):
            change = weights.feed_forward(f"decoder.segment_heads.{layer}", query)
            known = [logit(number) for number in reference] + [0.0] * (2 - len(reference))
            refined.append(tuple(sigmoid(change + known)))
        references = refined
        detected.logits.append(logits)
        detected.segments.append(np.array(refined))
        detected.masks.append(mask)
    detected.scores = sigmoid(detected.logits[-1])
    if settings.quality:
        detected.quality = np.array([weights.linear("quality", query) for query in content])
        for query, (midpoint, overlap) in enumerate(sigmoid(detected.quality)):
            detected.scores[query] *= midpoint * overlap
    return detected


def classify(module, settings, features, references):
    """ACE-dec's second pass: class logits of every layer, with references that stay as they are."""
    weights = Weights(module)
    sequence = encode(weights, settings, features)
    content, position = list(weights.arrays["content"]), list(weights.arrays["position"])
    logits = []
    for layer in range(settings.decoder_layers):
        content, _, of_layer = _layer(weights, settings, layer, content, position, references, sequence)
        logits.append(of_layer)
    return logits


def encode(weights, settings, features):
    sequence = [weights.linear("project", snippet) for snippet in features]
    for layer in range(settings.encoder_layers):
        sequence = encoder_layer(
            weights,
            f"encoder.layers.{layer}",
            sequence,
            heads=settings.heads,
            points=settings.points,
            ffn_norm=settings.encoder_ffn_norm,
        )
    return sequence


def _layer(weights, settings, layer, content, position, references, sequence):
    raid = settings.raid
    dense = not raid.enabled or len(references[0]) == 1
    mask = [[True] * len(content)] * len(content)
    if not dense:
        segments = [ends(reference) for reference in references]
        mask = relations(content, segments, gamma=raid.gamma, tau=raid.tau, boundary=raid.boundary)
    plain = not raid.enabled or (layer == 0 and settings.first_reference == "point")
    content = decoder_layer(
        weights,
        f"decoder.layers.{layer}",
        content,
        position,
        mask,
        sequence,
        references,
        settings,
        block="standard" if plain else raid.block,
    )
    if settings.final_norm and layer == settings.decoder_layers - 1:
        content = [weights.norm("decoder.final_norm", query) for query in content]
    return content, mask, np.array([weights.linear(f"decoder.class_heads.{layer}", query) for query in content])
