"""Relations against the definitions in plain loops, and against the masks that the model itself uses."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from react_tad.cli import main
from react_tad.paper import observation
from react_tad.paper.observation import choose, watch
from react_tad.paper.relations import Relation, classify
from react_tad.training.checkpoints import TrainedModel, save_model
from small import CLASSES, DIMENSION, react, resolve, windows

CPU = torch.device("cpu")


def test_definitions_pair_by_pair():
    random = np.random.default_rng(0)
    similar, distinct = random.random((2, 7, 7)) < 0.5, random.random((2, 7, 7)) < 0.5
    found = classify(similar, distinct)
    for window, i, j in np.ndindex(found.shape):
        if i == j:
            expected = Relation.ITSELF
        elif not distinct[window, i, j]:
            expected = Relation.DUPLICATE
        else:
            expected = Relation.DISTINCT_SIMILAR if similar[window, i, j] else Relation.DISTINCT_DISSIMILAR
        assert found[window, i, j] == expected


def model(preset="paper", overrides=None):
    return react(resolve(preset, overrides).params.model).float()


def watched(tiny, net, **options):
    made = windows(tiny, "test")
    return list(
        watch(TrainedModel(net, DIMENSION, CLASSES, Path()), made, range(len(made)), device=CPU, **options)
    ), made


@pytest.mark.parametrize(("preset", "gamma"), [("paper", 0.0), ("released", 0.99)])
def test_relations_are_the_masks_of_the_model(tiny, preset, gamma):
    net = model(preset, {"model.raid.gamma": gamma, "model.raid.tau": 0.6})
    found, made = watched(tiny, net)
    assert len(found) == len(made) > 3
    (batch,) = made.batches(range(len(made)), len(made))
    with torch.inference_mode():
        output = net.eval()(batch.features, batch.lengths)
    kinds = set()
    for row, window in enumerate(found):
        for layer, allowed in zip(window.layers, output.decoded.allowed, strict=True):
            if allowed is None:
                assert layer.dense
                assert layer.relations is None
                assert layer.attends.all()
                continue
            np.testing.assert_array_equal(layer.attends, allowed[row])
            np.testing.assert_array_equal(layer.attends, layer.relations <= Relation.DISTINCT_SIMILAR)
            kinds |= set(layer.relations.ravel().tolist())
        assert window.reference == output.scores[row].max(-1).values.argmax()
    assert kinds == set(Relation)


@pytest.mark.parametrize("preset", ["paper", "released"])
def test_a_window_is_watched_alike_in_any_batch(tiny, monkeypatch, preset):
    """Also where padding is part of the result, as it is in detection."""
    together, _ = watched(tiny, model(preset))
    monkeypatch.setattr(observation, "BATCH_SIZE", 1)
    alone, _ = watched(tiny, model(preset))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        np.testing.assert_allclose(one.detected, other.detected, atol=1e-4)


def test_a_model_without_relational_attention_has_relations_all_the_same(tiny):
    """The first layer is given the same with and without it, so that its relations are the same."""
    found, _ = watched(tiny, model(overrides={"model.raid.enabled": False}))
    masked, _ = watched(tiny, model())
    assert all(layer.dense and layer.attends.all() for layer in found[0].layers)
    for dense, own in zip(found, masked, strict=True):
        np.testing.assert_array_equal(dense.layers[0].relations, own.layers[0].relations)


def test_times_are_those_of_the_recording(tiny):
    found, made = watched(tiny, model(), query=2)
    ((store, index),) = made.splits
    for window, (_, own) in zip(found, made.examples, strict=True):
        seconds = store.info(own.video).seconds_per_snippet  # snippet 0 covers [0, seconds]
        assert window.start_end == pytest.approx((own.first * seconds, (own.first + own.length) * seconds))
        assert ((window.references[:, 1] - window.references[:, 0]) <= own.length * seconds + 1e-6).all()
        for name, start, end in window.instances:
            assert name in CLASSES
            assert window.start_end[0] - 1e-9 <= start < end <= window.start_end[1] + 1e-9
        kept = [index.classes[label] for label in own.labels]
        assert all(name in [each for each, _, _ in window.instances] for name in kept)
        assert window.reference == 2
        assert sorted(window.order) == list(range(5))


def test_the_choice_is_the_first_of_the_best(tiny):
    found, _ = watched(tiny, model())
    best = max(window.interest for window in found)
    assert choose(iter(found)) is next(window for window in found if window.interest == best)
    with pytest.raises(ValueError, match="no window"):
        choose(iter([]))


def test_hooks_do_not_stay(tiny):
    net = model()
    watched(tiny, net)
    assert not any(layer._forward_pre_hooks for layer in net.decoder.layers)


def test_a_query_that_does_not_exist(tiny):
    with pytest.raises(ValueError, match="query 5 should be from 0 to 4"):
        watched(tiny, model(), query=5)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    cfg = json.loads(resolve().step("train", seed=0))
    description = {"parameters": cfg, "dimension": DIMENSION, "classes": list(CLASSES)}
    save_model(folder, model().state_dict(), description)
    return folder


def arguments(tiny, trained, *more):
    files = ["--windows", str(tiny / "windows" / "test.json"), "--features", str(tiny / "features" / "test.json")]
    return ["relations", "--model", str(trained), *files, "--device", "cpu", *more]


def test_the_verb(tiny, trained, tmp_path):
    outputs = [tmp_path / name for name in ("r.svg", "r.json", "r.csv")]
    more = ["--out", str(outputs[0]), "--json", str(outputs[1]), "--csv", str(outputs[2])]
    assert main(arguments(tiny, trained, *more)) == 0
    first = [path.read_bytes() for path in outputs]
    assert main(arguments(tiny, trained, *more)) == 0
    assert [path.read_bytes() for path in outputs] == first
    document = json.loads(outputs[1].read_text())
    rows = list(csv.DictReader(io.StringIO(outputs[2].read_text())))
    assert [int(row["query"]) for row in rows] == list(range(5))
    reference = document["reference_query"]
    assert rows[reference]["relation"] == "reference query"
    names = {int(value): name for value, name in document["relation_names"].items()}
    last = document["layers"][-1]["relations"][reference]
    assert [row["relation"] for row in rows] == [names[value] for value in last]
    assert main(arguments(tiny, trained, "--video", "test_1", "--query", "3", "--json", str(outputs[1]))) == 0
    document = json.loads(outputs[1].read_text())
    assert (document["video"], document["reference_query"]) == ("test_1", 3)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--csv", "x.csv", "--video", "nowhere"], "no window of a video 'nowhere'"),
        (["--csv", "x.csv", "--query", "best"], "--query best"),
        (["--out", "x.pdf"], ".svg or .png"),
        ([], "nothing to write"),
    ],
)
def test_wrong_arguments_are_named(tiny, trained, more, message, capsys):
    assert main(arguments(tiny, trained, *more)) == 1
    assert message in capsys.readouterr().err
