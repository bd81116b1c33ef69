"""Pictures as a network wants them: resized, cropped to the middle, scaled, normalised.

What is to be done stands in the ``preprocessor_config.json`` that a network is published with. It is done on each
picture with PIL, as the slow image processors of ``transformers`` do (their fast ones need torchvision, which resizes a
little otherwise). Pixels that are not square are made square by the resizing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from react_tad.params.section import Section

DONE = {"do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"}
"""Steps of a ``preprocessor_config.json`` that are done here; that pictures are in RGB is the decoder's."""
UNSEEN = {"do_sample_frames"}
"""Steps that this is not asked for: which frames are looked at, :mod:`react_tad.extraction.clips` says."""


class ScalingError(ValueError):
    """A ``preprocessor_config.json`` that cannot be followed; names the file and the value."""


class Scaling(Section):
    """What is done with a picture, in this order; None where nothing is."""

    shortest_edge: int | None = None
    """Resize so that the shorter side has this many pixels."""
    size: tuple[int, int] | None = None
    """Resize to this height and width."""
    resample: int = 2
    """PIL's number of the filter: 2 is bilinear, 3 bicubic."""
    crop: tuple[int, int] | None = None
    """Height and width of the middle that is kept."""
    factor: float = 1 / 255
    offset: float = 0.0
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """A number ``x`` of the picture, 0 to 255, becomes ``(x * factor - offset - mean) / std`` of its channel."""

    @classmethod
    def read(cls, config: Mapping[str, Any], where: str, *, picture: tuple[int, int]) -> "Scaling":
        """Read the content of a ``preprocessor_config.json``.

        Args:
            config: the content.
            where: the file, for messages.
            picture: height and width that the network takes; they are the sizes that are not given.

        Raises:
            ScalingError: what is to be done cannot be done here.

        """
        foreign = [key for key in config if key.startswith("do_") and config[key] and key not in DONE | UNSEEN]
        if foreign:
            raise ScalingError(f"{where}: {foreign[0]} = {config[foreign[0]]!r} is not known; known are {sorted(DONE)}")
        try:
            values: dict[str, Any] = {"resample": int(config.get("resample", 2)), "factor": 1.0}
            if config.get("do_resize", True):
                values |= _size(config.get("size") or min(picture))
            if config.get("do_center_crop", True):
                values["crop"] = _pair(config.get("crop_size") or picture)
            if config.get("do_rescale", True):
                values["factor"] = float(config.get("rescale_factor", 1 / 255))
                values["offset"] = 1.0 if config.get("offset") else 0.0
            if config.get("do_normalize", True):
                values |= {name: tuple(map(float, config[f"image_{name}"])) for name in ("mean", "std")}
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ScalingError(f"{where}: it does not say how pictures are scaled and normalised: {error!r}") from error

    def __call__(self, picture: np.ndarray, pixel_aspect: float = 1.0) -> np.ndarray:
        """Scale one picture.

        Args:
            picture: uint8 ``[height, width, 3]``.
            pixel_aspect: width of a pixel over its height.

        Returns:
            float32 ``[3, height, width]``.

        """
        picture = self._cropped(self._resized(picture, pixel_aspect))
        scaled = picture.astype(np.float32) * np.float32(self.factor) - np.float32(self.offset)
        scaled = (scaled - np.array(self.mean, np.float32)) / np.array(self.std, np.float32)
        return np.ascontiguousarray(scaled.transpose(2, 0, 1))

    def _resized(self, picture: np.ndarray, pixel_aspect: float) -> np.ndarray:
        from PIL import Image

        height, width = self.size or self._by_shortest_edge(picture.shape[0], picture.shape[1] * pixel_aspect)
        return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling(self.resample)))

    def _by_shortest_edge(self, height: int, width: float) -> tuple[int, int]:
        if self.shortest_edge is None:
            return height, round(width)
        if width <= height:
            return int(self.shortest_edge * height / width), self.shortest_edge
        return self.shortest_edge, int(self.shortest_edge * width / height)

    def _cropped(self, picture: np.ndarray) -> np.ndarray:
        if self.crop is None:
            return picture
        (height, width), (crop_height, crop_width) = picture.shape[:2], self.crop
        if height < crop_height or width < crop_width:
            raise ScalingError(
                f"a picture of {height} x {width} (height, width) after resizing; the network takes the middle "
                f"{crop_height} x {crop_width} of it"
            )
        top, left = (height - crop_height) // 2, (width - crop_width) // 2
        return picture[top : top + crop_height, left : left + crop_width]


def _size(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and "shortest_edge" in value and not value.get("longest_edge"):
        return {"shortest_edge": int(value["shortest_edge"])}
    return {"size": _pair(value)} if isinstance(value, Mapping) else {"shortest_edge": int(value)}


def _pair(value: Any) -> tuple[int, int]:
    if isinstance(value, Mapping):
        return int(value["height"]), int(value["width"])
    height, width = value if isinstance(value, tuple | list) else (value, value)
    return int(height), int(width)
