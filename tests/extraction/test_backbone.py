"""Networks against what ``transformers`` computes with them."""

import json
import shutil

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from films import tiny_backbone, write_scaling
from react_tad.extraction.backbone import BackboneError, load_backbone, reload_backbone

SIZES = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 32}
SHAPE = {"image_size": 16, "patch_size": 8, "num_frames": 4}
RELATIVES = {
    "TimesformerModel": SIZES | SHAPE,
    "TimesformerForVideoClassification": SIZES | SHAPE,
    "VivitModel": SIZES | SHAPE | {"tubelet_size": [2, 8, 8]},
    "VivitForVideoClassification": SIZES | SHAPE | {"tubelet_size": [2, 8, 8]},
    "VideoMAEForVideoClassification": SIZES | SHAPE | {"tubelet_size": 2},
    "VideoMAEModel": SIZES | SHAPE | {"tubelet_size": 2},
    "VJEPA2Model": {
        **{"crop_size": 16, "patch_size": 8, "frames_per_clip": 4, "tubelet_size": 2, "hidden_size": 24},
        **{"num_attention_heads": 2, "num_hidden_layers": 1, "num_pooler_layers": 1, "pred_hidden_size": 12},
        **{"pred_num_attention_heads": 2, "pred_num_hidden_layers": 1, "mlp_ratio": 2},
    },
}
RELATIVES["VJEPA2ForVideoClassification"] = RELATIVES["VJEPA2Model"]


@pytest.fixture
def clips():
    return np.random.default_rng(0).normal(size=(5, 4, 3, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("kind", RELATIVES)
def test_features_are_what_the_network_gives(tmp_path, clips, kind):
    """Of a classifier what its last layer is given, and else the pooled output or the mean of tokens."""
    made = getattr(transformers, kind)
    torch.manual_seed(0)
    model = made(made.config_class(**RELATIVES[kind], initializer_range=0.2)).eval()
    model.save_pretrained(tmp_path)
    write_scaling(tmp_path, 16)
    backbone = load_backbone(tmp_path)
    found = backbone(clips)
    assert found.dtype == np.float32 and found.shape == (5, 24) == (5, backbone.description.dimension)
    assert backbone.frames == 4
    with torch.no_grad():
        output = model(**{model.main_input_name: torch.from_numpy(clips)})
        if "Classification" in kind:
            assert backbone.description.pooling == "classifier"
            expected, found = output.logits, model.classifier(torch.from_numpy(found))
        elif kind == "VivitModel":
            assert backbone.description.pooling == "pooler"
            expected = output.pooler_output
        else:
            assert backbone.description.pooling == "mean"
            expected = torch.stack([clip.mean(0) for clip in output.last_hidden_state])
    np.testing.assert_allclose(np.asarray(found), expected, rtol=1e-4, atol=1e-5)
    alone = np.concatenate([backbone(clip[None]) for clip in clips])
    np.testing.assert_allclose(alone, backbone(clips), atol=1e-5)


def test_the_checksum_is_of_weights_and_configuration(backbone_folder, backbone, tmp_path):
    again = shutil.copytree(backbone_folder, tmp_path / "again")
    model = transformers.AutoModel.from_pretrained(again)
    (again / "model.safetensors").unlink()
    model.save_pretrained(again, max_shard_size="10KB")
    assert len(list(again.glob("*.safetensors"))) > 1
    described = load_backbone(again).description
    assert described.sha256 == backbone.description.sha256, "other files, the same weights"
    assert described.name == str(again)
    with torch.no_grad():
        next(model.parameters()).flatten()[0] += 1e-6
    model.save_pretrained(tmp_path / "weight")
    config = json.loads((again / "config.json").read_text())
    (again / "config.json").write_text(json.dumps(config | {"layer_norm_eps": 1e-5}))
    write_scaling(tmp_path / "weight", 32)
    digests = {load_backbone(folder).description.sha256 for folder in (backbone_folder, again, tmp_path / "weight")}
    assert len(digests) == 3


def test_the_network_that_made_features_is_known_again(backbone, backbone_folder, tmp_path):
    described = backbone.description
    moved = shutil.copytree(backbone_folder, tmp_path / "moved")
    assert reload_backbone(described, folder=moved).description.sha256 == described.sha256
    write_scaling(moved, 32, image_mean=[0.4] * 3)
    with pytest.raises(BackboneError, match=r"scaling is .*0\.4.* and the features were made by"):
        reload_backbone(described, folder=moved)
    other = tiny_backbone(tmp_path / "other", seed=1)
    with pytest.raises(BackboneError, match=f"sha256 is [0-9a-f]{{64}}.*{described.sha256}; give the folder of that"):
        reload_backbone(described, folder=other)


def broken(folder, target):
    return shutil.copytree(folder, target / "broken")


def test_weights_that_are_missing_are_not_made_up(backbone_folder, tmp_path):
    folder = broken(backbone_folder, tmp_path)
    weights = load_file(folder / "model.safetensors")
    gone = next(name for name in sorted(weights) if name.endswith("output.dense.weight"))
    del weights[gone]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(BackboneError, match=f"1 weights are missing or of another shape, such as {gone}"):
        load_backbone(folder)


def test_pickled_weights_are_not_read(backbone_folder, tmp_path):
    folder = broken(backbone_folder, tmp_path)
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    with pytest.raises(BackboneError, match=r"cannot be loaded as a network: .*model\.safetensors"):
        load_backbone(folder)


def test_code_beside_the_weights_is_not_run(backbone_folder, tmp_path):
    folder = broken(backbone_folder, tmp_path)
    config = json.loads((folder / "config.json").read_text())
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Evil: pass\n")
    auto = {"AutoConfig": "evil.Evil", "AutoModel": "evil.Evil"}
    (folder / "config.json").write_text(json.dumps(config | {"auto_map": auto}))
    load_backbone(folder)
    assert not ran.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder: (folder / "preprocessor_config.json").unlink(), "no preprocessor_config.json"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"nothing"), "cannot be loaded as a network"),
        (lambda folder: (folder / "config.json").write_text('{"model_type": "clip"}'), "of type 'clip'; it should be"),
        (lambda folder: (folder / "config.json").write_text("{"), "cannot be loaded as a network"),
        (lambda folder: (folder / "config.json").unlink(), "of type None; it should be"),
    ],
)
def test_what_is_no_network_is_named(backbone_folder, tmp_path, change, message):
    folder = broken(backbone_folder, tmp_path)
    change(folder)
    with pytest.raises(BackboneError, match=message) as caught:
        load_backbone(folder)
    assert str(folder) in str(caught.value) and "\n" not in str(caught.value)


def test_a_folder_that_is_not_there_is_not_asked_for_on_the_hub():
    with pytest.raises(BackboneError, match="own/networks/mine is not there"):
        load_backbone("own/networks/mine")


def test_clips_of_another_length_are_refused(backbone):
    backbone.check_frames(8)
    with pytest.raises(BackboneError, match="takes clips of 8 frames, not 16"):
        backbone.check_frames(16)


def test_float16_needs_a_gpu(backbone_folder):
    with pytest.raises(BackboneError, match="float16 needs a GPU"):
        load_backbone(backbone_folder, half=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_float16_on_a_gpu(backbone, backbone_folder):
    clips = np.random.default_rng(0).normal(size=(3, 8, 3, 32, 32)).astype(np.float32)
    half = load_backbone(backbone_folder, device="cuda", half=True)
    assert half.description.precision == "float16"
    assert half.description.sha256 == backbone.description.sha256
    np.testing.assert_allclose(half(clips), backbone(clips), atol=0.02)
