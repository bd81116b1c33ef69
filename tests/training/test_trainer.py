import contextlib
import csv
import json
import math
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from react_tad.cli import main
from react_tad.losses import criterion
from react_tad.params.section import ParameterError
from react_tad.training import trainer as training
from react_tad.training.batches import WindowSet
from react_tad.training.checkpoints import CHECKPOINT, CheckpointError, load_model
from react_tad.training.epoch import Epoch, Means, NonFiniteLoss
from react_tad.training.log import write_log
from react_tad.training.settings import Settings
from small import PRESETS, WINDOWS, resolve, train_arguments, trainer, windows

# Two contrastive epochs and three of the detector; the learning rate drops in the middle of the second of these.
BOTH_STAGES = {
    "loss.ace_enc.stage": "first",
    "loss.ace_enc.first_stage_epochs": 2,
    "model.dropout": 0.1,
    "train.epochs": 3,
    "train.batch_size": 4,
    "train.lr": 1e-3,
    "train.lr_drops": [0.5],
}
SHORT = {"train.epochs": 1, "train.batch_size": 4, "loss.ace_enc.stage": "joint"}


class Interruption(BaseException):
    """What stops a run in these tests; nothing may catch it."""


def same(one, other):
    """Whether two sets of weights are the same, bit for bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def validation_map(model):
    """Any number that depends on the weights, and is largest neither first nor last."""
    return model.content.double().sum().sin().item()


def run(tiny, folder, preset="released", overrides=BOTH_STAGES, **options):
    """Train to the end; the chosen weights and the log as a file."""
    made = trainer(tiny, folder / "checkpoints", preset, overrides, validation_map=validation_map, **options)
    progress = made.run()
    write_log(folder / "log.csv", progress.log)
    return made.chosen_weights(), (folder / "log.csv").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory):
    """Weights and log of a run from start to end."""
    return run(tiny, tmp_path_factory.mktemp("undisturbed"))


class TestRepeating:
    """The same parameters and seed give the same bits, interrupted or not."""

    def test_the_same_seed_gives_the_same_bits(self, tiny, tmp_path, undisturbed):
        weights, log = run(tiny, tmp_path)
        assert same(weights, undisturbed[0])
        assert log == undisturbed[1]

    def test_another_seed_gives_other_weights(self, tiny, tmp_path, undisturbed):
        assert not same(run(tiny, tmp_path, seed=1)[0], undisturbed[0])

    @pytest.mark.parametrize("written", [True, False], ids=["after the checkpoint", "before the checkpoint"])
    @pytest.mark.parametrize("epoch", range(1, 6))
    def test_stopped_at_any_epoch(self, tiny, tmp_path, monkeypatch, undisturbed, epoch, written):
        save = training.save_checkpoint

        def stop(folder, progress, *state):
            if written or progress.epoch < epoch:
                save(folder, progress, *state)
            if progress.epoch == epoch:
                raise Interruption

        with monkeypatch.context() as patched, pytest.raises(Interruption):
            patched.setattr(training, "save_checkpoint", stop)
            run(tiny, tmp_path)
        weights, log = run(tiny, tmp_path)
        assert same(weights, undisturbed[0])
        assert log == undisturbed[1]

    def test_stopped_again_and_again(self, tiny, tmp_path, monkeypatch, undisturbed):
        """Every seventh step is never taken: its process ends there."""
        step, count = torch.optim.AdamW.step, 0

        def stop(*arguments, **options):
            nonlocal count
            count += 1
            if count % 7 == 0:
                raise Interruption
            return step(*arguments, **options)

        monkeypatch.setattr(torch.optim.AdamW, "step", stop)
        processes = 0
        finished = None
        while finished is None:
            processes += 1
            assert processes < 20
            with contextlib.suppress(Interruption):
                finished = run(tiny, tmp_path)
        assert processes > 2
        assert same(finished[0], undisturbed[0])
        assert finished[1] == undisturbed[1]


def epochs_done(checkpoints):
    """What the checkpoint says, while somebody else is writing checkpoints."""
    try:
        with safe_open(checkpoints / CHECKPOINT, framework="pt") as stored:
            return json.loads(stored.metadata()["progress"])["epoch"]
    except FileNotFoundError:
        return 0


def command(tiny, folder, overrides):
    cfg = resolve("released", overrides).step("train", seed=0)
    arguments = train_arguments(tiny, cfg, checkpoints=folder / "checkpoints", out=folder / "model")
    return [sys.executable, "-m", "react_tad.cli", *arguments]


def test_killed_in_both_stages_and_started_again(tiny, tmp_path):
    """``react-tad train``, killed by SIGKILL in the contrastive stage, as soon as it is over, and in the detector's."""
    overrides = BOTH_STAGES | {"loss.ace_enc.first_stage_epochs": 12, "train.epochs": 12, "train.select": "last"}
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    undisturbed = subprocess.Popen(command(tiny, tmp_path / "undisturbed", overrides), env=environment)
    stopped = []
    for epoch in (3, 12, 16):
        running = subprocess.Popen(command(tiny, tmp_path / "killed", overrides), env=environment)
        while epochs_done(tmp_path / "killed" / "checkpoints") < epoch and running.poll() is None:
            time.sleep(0.002)
        running.kill()
        assert running.wait() == -signal.SIGKILL, "it was over before it could be killed"
        stopped.append(epochs_done(tmp_path / "killed" / "checkpoints"))
    assert 3 <= stopped[0] < 12 <= stopped[1] < 24
    assert 16 <= stopped[2] < 24
    subprocess.run(command(tiny, tmp_path / "killed", overrides), env=environment, check=True)
    assert undisturbed.wait() == 0
    for name in ("model.safetensors", "log.csv", "training.json"):
        expected, found = (tmp_path / each / "model" / name for each in ("undisturbed", "killed"))
        assert found.read_bytes() == expected.read_bytes(), name
    assert not (tmp_path / "killed" / "checkpoints").exists()


class TestSteps:
    """What the optimiser is told, seen at its steps."""

    @pytest.fixture
    def steps(self, monkeypatch):
        """Learning rates and gradients by group, one entry a step."""
        seen, step = [], torch.optim.AdamW.step

        def spy(optimizer, *arguments):
            rates = [group["lr"] for group in optimizer.param_groups]
            decay = [group["weight_decay"] for group in optimizer.param_groups]
            gradients = [p.grad.clone() for g in optimizer.param_groups for p in g["params"] if p.grad is not None]
            sizes = [sum(p.numel() for p in group["params"]) for group in optimizer.param_groups]
            seen.append(
                {"rates": rates, "decay": decay, "gradients": gradients, "sizes": sizes, "optimizer": optimizer}
            )
            return step(optimizer, *arguments)

        monkeypatch.setattr(torch.optim.AdamW, "step", spy)
        return seen

    def test_learning_rates_by_hand(self, tiny, tmp_path, steps):
        """Two contrastive epochs, then three with a drop after half of them: in the middle of the second."""
        made = trainer(tiny, tmp_path, "released", BOTH_STAGES, validation_map=validation_map)
        made.run()
        a_epoch = math.ceil(len(made.training) / 4)
        assert len(steps) == 5 * a_epoch
        contrastive, detector = steps[: 2 * a_epoch], steps[2 * a_epoch :]
        rates = [1e-3] * len(contrastive) + [1e-3 if n < 1.5 * a_epoch else 1e-4 for n in range(len(detector))]
        for step, rate in zip(steps, rates, strict=True):
            assert step["rates"] == pytest.approx([rate, rate * 0.1])

    def test_what_is_trained_and_how_it_decays(self, tiny, tmp_path, steps):
        """In the first stage the input projection alone. Slow are the matrices of offsets and attention weights of five
        deformable attentions, not their biases.
        """
        made = trainer(tiny, tmp_path, "released", BOTH_STAGES, validation_map=validation_map)
        made.run()
        everything = sum(parameter.numel() for parameter in made.model.parameters())
        slow = (2 + 3) * 2 * (8 * 2 * 3)
        assert [gradient.shape for gradient in steps[0]["gradients"]] == [(8, 6), (8,)]
        never = 2 * (8 + 8)  # the encoder's second norms
        assert sum(gradient.numel() for gradient in steps[-1]["gradients"]) == everything - never
        for step in steps:
            assert step["sizes"] == [everything - slow, slow]
            assert step["decay"] == [0.01, 0.01]

    def test_the_first_stage_changes_nothing_but_the_projection(self, tiny, tmp_path, monkeypatch):
        def stop(folder, progress, model, *_):
            if progress.epoch == 2:
                raise Interruption

        monkeypatch.setattr(training, "save_checkpoint", stop)
        made = trainer(tiny, tmp_path, "released", BOTH_STAGES)
        before = {name: tensor.clone() for name, tensor in made.model.state_dict().items()}
        with pytest.raises(Interruption):
            made.run()
        changed = {name for name, tensor in made.model.state_dict().items() if not torch.equal(tensor, before[name])}
        assert changed == {"project.weight", "project.bias"}

    @pytest.mark.parametrize("clip", [None, 0.05])
    def test_gradients_are_clipped(self, tiny, tmp_path, steps, clip):
        trainer(tiny, tmp_path, "paper", SHORT | {"train.clip_norm": clip}).run()
        norms = [torch.stack([gradient.norm() for gradient in step["gradients"]]).norm() for step in steps]
        if clip is None:
            assert min(norms) > 0.05
        else:
            assert norms == pytest.approx([clip] * len(norms), rel=1e-3)


OFF = {
    "RAID": {"model.raid.enabled": False},
    "quality": {"model.quality": False},
    "IoU decay": {"loss.iou_decay.enabled": False},
    "ACE-enc": {"loss.ace_enc.enabled": False},
    "ACE-dec": {"loss.classification.ground_truth": False},
    "query loss": {"loss.classification.query": False},
    "auxiliary losses": {"loss.auxiliary": False},
    "encoder": {"model.encoder_layers": 0},
    "S2 and N1": {"loss.ace_enc.positives": ["S1"], "loss.ace_enc.negatives": ["N2"]},
}
OFF["everything"] = {key: value for each in list(OFF.values())[:5] for key, value in each.items()}
TERMS_OF = {
    "quality": {"quality_midpoint", "quality_iou"},
    "ACE-enc": {"ace_enc"},
    "ACE-dec": {"ace_dec"},
    "query loss": {"classification"},
}
TERMS_OF["everything"] = {term for what in ("quality", "ACE-enc", "ACE-dec") for term in TERMS_OF[what]}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("what", [None, *OFF])
def test_every_component_can_be_switched_off(tiny, tmp_path, preset, what):
    first = {"loss.ace_enc.stage": "first", "loss.ace_enc.first_stage_epochs": 1}
    overrides = SHORT | first | OFF.get(what, {})
    made = trainer(tiny, tmp_path, preset, overrides)
    before = {name: tensor.clone() for name, tensor in made.model.state_dict().items()}
    log = made.run().log
    after = made.model.state_dict()
    assert all(torch.isfinite(tensor).all() for tensor in after.values())
    assert not torch.equal(before["decoder.class_heads.2.weight"], after["decoder.class_heads.2.weight"])
    terms = {name.removeprefix("train_") for row in log for name in row if name.startswith("train_")}
    expected = {"classification", "ace_dec", "l1", "giou", "iou_decay", "total"}.union(*TERMS_OF.values())
    assert terms == expected - TERMS_OF.get(what, set())
    assert len(log) == (2 if "ace_enc" in terms else 1)


def test_training_learns(tiny, tmp_path):
    """A few windows are learnt by heart. The midpoint's quality is left out: its target moves with the segments."""
    overrides = SHORT | {"train.epochs": 30, "train.lr": 1e-2, "train.lr_drops": [0.75]}
    log = trainer(tiny, tmp_path, "paper", overrides).run().log
    for name in ("classification", "ace_dec", "giou", "quality_iou"):
        first, *_, last = (row[f"train_{name}"] for row in log)
        assert last < 0.75 * first, name


def test_features_after_the_encoder_can_be_contrasted(tiny, tmp_path):
    log = trainer(tiny, tmp_path, "paper", SHORT | {"loss.ace_enc.position": "after"}).run().log
    assert log[0]["train_ace_enc"] > 0


def test_columns_of_the_log(tiny, tmp_path):
    run(tiny, tmp_path)
    with open(tmp_path / "log.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    terms = ["classification", "l1", "giou", "ace_dec", "quality_midpoint", "quality_iou", "iou_decay"]
    assert set(rows[0]) == {
        "epoch", "stage", "lr", "train_ace_enc", "train_total", "validation_map",
        *(f"train_{name}" for name in terms),
        *(f"validation_{name}" for name in terms if name != "ace_dec"),
    }  # fmt: skip
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["stage"] for row in rows] == ["contrastive"] * 2 + ["detector"] * 3
    assert [float(row["lr"]) for row in rows] == pytest.approx([1e-3, 1e-3, 1e-3, 1e-3, 1e-4]), "at the epoch's start"
    for row in rows:
        blank = {name for name, value in row.items() if not value}
        contrastive = {"epoch", "stage", "lr", "train_ace_enc", "train_total"}
        assert blank == (set(row) - contrastive if row["stage"] == "contrastive" else {"train_ace_enc"})
        if row["stage"] == "contrastive":
            assert float(row["train_total"]) == pytest.approx(0.1 * float(row["train_ace_enc"]))


@pytest.mark.parametrize("size", [1, 64])
def test_validation_pads_windows_to_their_nominal_length(tiny, tmp_path, monkeypatch, size):
    """As inference does, whatever else is in the batch; training does not."""
    monkeypatch.setattr("react_tad.training.epoch.VALIDATION_BATCH", size)
    made = trainer(tiny, tmp_path, "released", SHORT)
    seen = []
    made.model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape[:2]))
    made.epoch(0).validate(made.validation, device=made.device)
    assert min(window.length for _, window in made.validation.examples) < WINDOWS["length"]
    assert sum(count for count, _ in seen) == len(made.validation)
    assert {length for _, length in seen} == {WINDOWS["length"]}


def test_means_are_over_windows():
    means = Means()
    means.add({"a": torch.tensor(1.0), "b": torch.tensor(0.0)}, 3)
    means.add({"a": torch.tensor(5.0), "b": torch.tensor(2.0)}, 1)
    assert means.values() == pytest.approx({"a": 2.0, "b": 0.5})
    with pytest.raises(ValueError, match=r"\['b'\]: should be \['a', 'b'\]"):
        means.add({"b": torch.tensor(2.0)}, 1)


@pytest.mark.parametrize(
    ("values", "best"), [((0.1, 0.5, 0.3), 1), ((0.5, 0.5, 0.1), 0), ((0.1, 0.2, 0.3), 2), ((0.0, 0.0, 0.0), 0)]
)
@pytest.mark.parametrize("stopped", [False, True], ids=["in one go", "stopped after the best"])
def test_the_best_epoch_on_validation_is_kept(tiny, tmp_path, monkeypatch, values, best, stopped):
    seen = {}
    overrides = BOTH_STAGES | {"train.select": "best_validation"}

    def look(model):
        value = values[len(seen)]
        seen[len(seen)] = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        return value

    if stopped:
        save = training.save_checkpoint

        def stop(folder, progress, *state):
            save(folder, progress, *state)
            if progress.epoch == 2 + best + 1:
                raise Interruption

        with monkeypatch.context() as patched, pytest.raises(Interruption):
            patched.setattr(training, "save_checkpoint", stop)
            trainer(tiny, tmp_path, "paper", overrides, validation_map=look).run()
    made = trainer(tiny, tmp_path, "paper", overrides, validation_map=look)
    progress = made.run()
    assert (progress.best_epoch, progress.best_map) == (2 + best + 1, values[best])
    assert same(made.chosen_weights(), seen[best])
    assert [row["validation_map"] for row in progress.log[2:]] == list(values)


def test_the_last_epoch_is_kept_and_validation_is_not_ranked(tiny, tmp_path):
    def look(model):
        raise AssertionError("nobody asked for it")

    made = trainer(tiny, tmp_path, "paper", SHORT, validation_map=look)
    progress = made.run()
    assert same(made.chosen_weights(), made.model.state_dict())
    assert (progress.best_epoch, progress.epoch) == (None, 1)


class TestNumbersThatAreNone:
    """Training stops, and says where."""

    @pytest.mark.parametrize(
        ("term", "name"),
        [
            ("midpoint_loss", "quality_midpoint"),
            ("iou_loss", "quality_iou"),
            ("query_class_loss", "classification"),
            ("ground_truth_class_loss", "ace_dec"),
            ("iou_decay", "iou_decay"),
        ],
    )
    def test_of_a_term(self, tiny, tmp_path, monkeypatch, term, name):
        calls, true = [], getattr(criterion, term)

        def broken(*arguments, **options):
            calls.append(term)
            return true(*arguments, **options) * (math.nan if len(calls) > 3 else 1)

        monkeypatch.setattr(criterion, term, broken)
        with pytest.raises(NonFiniteLoss, match=rf"epoch 1: not a finite number: {name}; videos of the batch: train"):
            trainer(tiny, tmp_path, "paper", SHORT | {"train.batch_size": 2}).run()

    def test_of_the_contrastive_stage(self, tiny, tmp_path, monkeypatch):
        monkeypatch.setattr("react_tad.losses.ace_enc.contrastive_loss", lambda *_: torch.tensor(math.inf))
        with pytest.raises(NonFiniteLoss, match="epoch 1: not a finite number: ace_enc; videos of the batch: train"):
            trainer(tiny, tmp_path, "released", SHORT | {"loss.ace_enc.stage": "first"}).run()

    def test_of_weights_and_the_batch_is_named(self, tiny, tmp_path):
        overrides = SHORT | {"train.lr": 1e30, "train.epochs": 5}
        with pytest.raises(NonFiniteLoss, match=r"epoch 1: .*; videos of the batch: training_"):
            trainer(tiny, tmp_path, "paper", overrides).run()

    def test_the_last_checkpoint_is_kept(self, tiny, tmp_path, monkeypatch):
        made = trainer(tiny, tmp_path, "paper", SHORT | {"train.epochs": 3})
        validate = Epoch.validate

        def poison(epoch, *windows, **options):
            if epoch.number == 1:
                with torch.no_grad():
                    made.model.content.fill_(math.nan)
            return validate(epoch, *windows, **options)

        monkeypatch.setattr(Epoch, "validate", poison)
        with pytest.raises(
            NonFiniteLoss, match=r"epoch 2: .*videos of the batch: validation_.*last checkpoint is kept"
        ):
            made.run()
        assert epochs_done(tmp_path) == 1

    def test_of_weights_after_the_last_step(self, tiny, tmp_path, monkeypatch):
        made = trainer(tiny, tmp_path, "paper", SHORT)

        def poison(epoch, *_, **__):
            with torch.no_grad():
                made.model.quality.bias.fill_(math.inf)
            return {}

        monkeypatch.setattr(Epoch, "validate", poison)
        with pytest.raises(NonFiniteLoss, match=r"epoch 1: weights of quality\.bias are not finite"):
            made.run()


class TestStaleCheckpoints:
    """A checkpoint belongs to its parameters."""

    @pytest.fixture
    def checkpoints(self, tiny, tmp_path):
        trainer(tiny, tmp_path, "paper", SHORT).run()
        return tmp_path

    def test_are_refused_by_the_name_of_the_parameter(self, tiny, checkpoints):
        with pytest.raises(CheckpointError, match=r"model\.raid\.gamma was 0\.2, is 0\.3"):
            trainer(tiny, checkpoints, "paper", SHORT | {"model.raid.gamma": 0.3}).run()

    def test_of_another_seed_are_refused(self, tiny, checkpoints):
        with pytest.raises(CheckpointError, match="seed was 0, is 1"):
            trainer(tiny, checkpoints, "paper", SHORT, seed=1).run()

    def test_can_be_discarded(self, tiny, checkpoints, tmp_path_factory):
        overrides = SHORT | {"model.raid.gamma": 0.3, "model.queries": 7}
        made = trainer(tiny, checkpoints, "paper", overrides, discard_stale=True)
        made.run()
        fresh = trainer(tiny, tmp_path_factory.mktemp("fresh"), "paper", overrides)
        fresh.run()
        assert same(made.chosen_weights(), fresh.chosen_weights())

    def test_a_run_that_is_over_is_not_run_again(self, tiny, checkpoints, monkeypatch):
        monkeypatch.setattr(torch.optim.AdamW, "step", None)
        assert len(trainer(tiny, checkpoints, "paper", SHORT).run().log) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed = -1 should be an integer >= 0"),
        ({"seed": None}, "seed = None"),
        ({"trian": {}}, "unknown parameter 'trian'. Did you mean 'train'"),
        ({"train": {"epoch": 3}}, "unknown parameter 'epoch'. Did you mean 'epochs'"),
    ],
)
def test_parameters_of_the_step_are_closed(change, message):
    with pytest.raises(ParameterError, match=message):
        Settings.parse({"seed": 0} | change)


def train(tiny, folder, overrides=SHORT, *extra):
    """``react-tad train`` in this process."""
    cfg = resolve("paper", overrides).step("train", seed=0)
    return main([*train_arguments(tiny, cfg, checkpoints=folder / "checkpoints", out=folder / "model"), *extra])


class TestCommand:
    def test_writes_a_model_that_can_be_loaded(self, tiny, tmp_path):
        overrides = SHORT | {"train.epochs": 2, "train.select": "best_validation"}
        assert train(tiny, tmp_path, overrides) == 0
        assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
            "log.csv", "model.safetensors", "training.json",
        ]  # fmt: skip
        description = json.loads((tmp_path / "model" / "training.json").read_text())
        assert description["parameters"] == json.loads(resolve("paper", overrides).step("train", seed=0))
        assert set(description["provenance"]["inputs"]) == {
            f"{split} {kind}" for split in ("training", "validation") for kind in ("features", "windows")
        }
        weights = load_file(tmp_path / "model" / "model.safetensors")
        assert same(load_model(tmp_path / "model").model.state_dict(), weights)
        assert not (tmp_path / "checkpoints").exists()

    def test_where_features_are_kept_changes_nothing(self, tiny, tmp_path, monkeypatch):
        """Training and validation, both read from memory."""
        kept, true = [], WindowSet.keep_on
        monkeypatch.setattr(WindowSet, "keep_on", lambda self, device: (kept.append(self), true(self, device)))
        overrides = SHORT | {"train.select": "best_validation"}
        assert train(tiny, tmp_path / "files", overrides) == 0
        assert not kept
        assert train(tiny, tmp_path / "kept", overrides, "--features-on-device") == 0
        assert [made.splits[0][1].split for made in kept] == ["training", "validation"]
        for name in ("model.safetensors", "log.csv", "training.json"):
            expected, found = (tmp_path / each / "model" / name for each in ("files", "kept"))
            assert found.read_bytes() == expected.read_bytes(), name

    def test_refuses_a_stale_checkpoint_until_told_to_discard_it(self, tiny, tmp_path, capsys):
        trainer(tiny, tmp_path / "checkpoints", "paper", SHORT).run()
        assert train(tiny, tmp_path) == 1
        assert "inputs.training features was 'sum of them', is" in capsys.readouterr().err
        assert train(tiny, tmp_path, SHORT, "--stale-checkpoint", "discard") == 0

    @pytest.mark.parametrize(("included", "splits"), [(True, {"training", "validation"}), (False, {"training"})])
    def test_validation_can_be_trained_on(self, tiny, tmp_path, monkeypatch, included, splits):
        seen = []
        true = WindowSet.batches

        def spy(self, order, *arguments, **options):
            if len(self.splits) > 1 or self.splits[0][1].split == "training":
                seen.extend(self.examples[number][1].video for number in order)
            return true(self, order, *arguments, **options)

        monkeypatch.setattr(WindowSet, "batches", spy)
        assert train(tiny, tmp_path, SHORT | {"train.include_validation": included}) == 0
        assert {video.split("_")[0] for video in seen} == splits
        names = ("training", "validation") if included else ("training",)
        made = windows(tiny, *names, with_instances_only=True)
        assert sorted(seen) == sorted(window.video for _, window in made.examples)

    def test_detects_what_it_was_trained_for_only(self, tiny, tmp_path, capsys):
        assert train(tiny, tmp_path) == 0
        detect = [
            "detect", "--cfg", "{}", "--model", str(tmp_path / "model"), "--out", str(tmp_path / "raw.npz"),
            "--windows", str(tiny / "windows" / "test.json"), "--features", str(tiny / "features" / "test.json"),
            "--annotations", str(tiny / "annotations.json"), "--device", "cpu",
        ]  # fmt: skip
        assert main(detect) == 0
        from_files = (tmp_path / "raw.npz").read_bytes()
        assert main([*detect, "--features-on-device"]) == 0
        assert (tmp_path / "raw.npz").read_bytes() == from_files
        index = json.loads((tiny / "windows" / "test.json").read_text())
        (tmp_path / "other.json").write_text(json.dumps(index | {"classes": ["jump", "run", "walk"]}))
        detect[detect.index("--windows") + 1] = str(tmp_path / "other.json")
        assert main(detect) == 1
        assert "only in the model: ['swim']; only in the windows: ['walk']" in capsys.readouterr().err
