"""How mAP is measured while training: as everything is measured by default, without knowing the parameters."""

from react_tad.evaluation.validation import DETECTION, EVALUATION, SUPPRESSION, ValidationMap
from react_tad.params.evaluation import Evaluation
from react_tad.params.inference import Inference
from react_tad.params.soft_nms import SoftNms


def test_it_is_measured_by_the_defaults():
    assert Inference().model_dump(exclude={"split"}) == DETECTION
    assert SoftNms().model_dump() == SUPPRESSION
    assert Evaluation().model_dump(exclude={"profile"}) == EVALUATION


def test_a_model_is_detected_with_suppressed_and_evaluated(tiny, monkeypatch):
    """The steps are handed on as they are; what each does is tested where it is."""
    seen = []
    monkeypatch.setattr(
        "react_tad.evaluation.validation.suppress", lambda raw, **how: seen.append((raw, how)) or "kept"
    )
    measured = type("Measured", (), {"average_map": 0.25})
    monkeypatch.setattr(
        "react_tad.evaluation.validation.evaluate", lambda truth, found, **how: seen.append((found, how)) or measured
    )
    measure = ValidationMap(tiny / "annotations.json", lambda model: f"raw of {model}")
    assert measure("the model") == 0.25
    assert seen == [("raw of the model", SUPPRESSION), ("kept", EVALUATION)]
    assert measure.ground_truth.subset == "validation"
