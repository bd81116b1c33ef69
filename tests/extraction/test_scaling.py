"""Pictures against those of ``transformers``' own processor."""

import numpy as np
import pytest
from PIL import Image
from transformers.models.videomae.image_processing_pil_videomae import VideoMAEImageProcessorPil

from films import write_scaling
from react_tad.extraction.scaling import Scaling, ScalingError
from react_tad.files import read_json

PICTURE = np.random.default_rng(0).integers(0, 256, (37, 61, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"size": {"shortest_edge": 30}, "crop_size": {"height": 24, "width": 28}},
        {"size": {"height": 40, "width": 33}, "resample": 3, "crop_size": {"height": 31, "width": 32}},
        {"do_center_crop": False, "size": {"height": 24, "width": 24}},
        {"do_resize": False, "do_normalize": False},
        {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "do_rescale": False},
    ],
)
@pytest.mark.parametrize("picture", [PICTURE, np.ascontiguousarray(PICTURE.transpose(1, 0, 2))])
def test_pictures_are_those_of_transformers(tmp_path, picture, values):
    write_scaling(tmp_path, 24, **values)
    reference = VideoMAEImageProcessorPil.from_pretrained(tmp_path)([picture], return_tensors="np")["pixel_values"]
    scaling = Scaling.read(read_json(tmp_path / "preprocessor_config.json"), "config", picture=(24, 24))
    np.testing.assert_allclose(scaling(picture), reference[0, 0], rtol=1e-5, atol=1e-5)


def test_sizes_that_are_not_given_are_the_networks():
    """As in the files of the first VideoMAE networks, which say neither crop nor factor."""
    config = {"do_resize": True, "do_center_crop": True, "size": 224, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    scaling = Scaling.read(config, "config", picture=(224, 224))
    assert scaling == Scaling(shortest_edge=224, crop=(224, 224), mean=(0.5,) * 3, std=(0.5,) * 3)


def test_vivit_takes_1_off():
    """Its factor is 1 / 127.5, so that 0 to 255 become -1 to 1 before they are normalised."""
    config = {"rescale_factor": 1 / 127.5, "offset": True, "do_normalize": False, "size": {"height": 2, "width": 2}}
    scaling = Scaling.read(config, "config", picture=(2, 2))
    picture = np.array([[0, 255], [51, 204]], np.uint8)[..., None].repeat(3, 2)
    np.testing.assert_allclose(scaling(picture)[0], [[-1, 1], [-0.6, 0.6]], atol=1e-6)


def test_pixels_are_made_square():
    """Pixels twice as wide as high: the picture is as one that was stretched to twice its width before."""
    scaling = Scaling(shortest_edge=20, crop=(20, 20))
    wide = np.asarray(Image.fromarray(PICTURE).resize((122, 37), Image.Resampling.BICUBIC))
    found, expected = scaling(PICTURE, 2.0), scaling(wide)
    assert found.shape == (3, 20, 20)
    assert np.abs(found - expected).mean() < 0.02 < np.abs(scaling(PICTURE) - expected).mean()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"do_pad": True}, "config: do_pad = True is not known"),
        ({"do_normalize": True}, "does not say how pictures are scaled and normalised: KeyError.'image_mean'"),
        ({"size": {"longest_edge": 3}, "do_normalize": False}, "KeyError.'height'"),
        ({"crop_size": "big", "do_normalize": False}, "ValueError"),
    ],
)
def test_what_cannot_be_followed_is_named(config, message):
    with pytest.raises(ScalingError, match=message):
        Scaling.read(config, "config", picture=(24, 24))


def test_a_picture_smaller_than_the_crop_is_named():
    with pytest.raises(ScalingError, match=r"a picture of 37 x 61 .* the middle 40 x 40"):
        Scaling(crop=(40, 40))(PICTURE)
