"""The presets ``paper``, ``released`` and ``recommended``, named differences from the defaults."""

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "paper": {},
    "released": {
        "model.sampling": "released",
        "model.raid.tau": 0.2,
        "model.raid.boundary": "include",
        "model.raid.block": "released",
        "model.raid.overlap": "released",
        "model.first_reference": "point",
        "model.final_norm": True,
        "model.encoder_ffn_norm": False,
        "matching.probability": "softmax",
        "matching.overlap": "released",
        "loss.overlap": "released",
        "loss.classification.unmatched": "center",
        "loss.classification.warmup_iterations": 25,
        "loss.quality.midpoint": "bce",
        "loss.quality.layers": "all",
        "loss.quality.target_gradient": True,
        "loss.iou_decay.enabled": False,
        "loss.ace_enc.pairs": "released",
        "loss.ace_enc.pooling": "released",
        "loss.ace_enc.detach_negatives": True,
        "loss.ace_enc.inner_iou_long": [0.1, 0.4],
        "train.epochs": 14,
        "train.select": "best_validation",
        "inference.cut": "window",
    },
    "recommended": {
        "inference.classes_per_query": 2,
        "soft_nms.class_wise": True,
    },
}
"""``released``: what the authors' released code does differently from the paper, one named parameter a divergence.
``train.select`` stands for its best epoch on the *test* set, which this project does not do.

``recommended``: what to begin with on other data, chosen on validation recordings (docs/findings.md): the paper's
method and training, and of a query its two best classes, each suppressed among its like.
"""
