"""Videos and video networks for tests, written by PyAV and ``transformers``."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

QUALITY = {"libx264": {"crf": "4", "preset": "ultrafast", "bf": "2"}, "mpeg4": {"qmin": "1", "qmax": "1"}}
"""Options of codecs with which the number of a picture survives; x264 with frames that are decoded out of order."""
BRIGHTNESS = 3
"""From one numbered frame to the next; up to 80 of them can be told from each other."""


def write_film(
    path: Path,
    pictures: Iterable[np.ndarray],
    *,
    fps: Fraction | float = 25,
    stamps: Sequence[int] | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    turn: int = 0,
    audio_seconds: float = 0,
    aspect: Fraction | None = None,
) -> Path:
    """Write a video of uint8 pictures ``[height, width, 3]``.

    Args:
        path: the file; its suffix says the container.
        pictures: in order, all of one size.
        fps: frames a second.
        stamps: when each picture is shown, in milliseconds; None where the rate is constant.
        codec: of the pictures.
        pixels: format of the pixels.
        turn: degrees that players turn the pictures by, counterclockwise.
        audio_seconds: of a sound beside them.
        aspect: width of a pixel over its height.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(fps))
        stream.pix_fmt = pixels
        stream.thread_count = 1
        stream.options = QUALITY.get(codec, {})
        if stamps is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        if turn:
            stream.set_display_rotation(turn)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        sound = container.add_stream("aac", rate=16000, layout="mono") if audio_seconds else None
        for number, picture in enumerate(pictures):
            if not number:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            if stamps is None:
                frame.pts, frame.time_base = number, 1 / Fraction(fps)
            else:
                frame.pts, frame.time_base = stamps[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if sound:
            write_sound(container, sound, audio_seconds)
    return path


def write_sound(container: av.container.OutputContainer, stream: av.AudioStream, seconds: float) -> None:
    """A tone."""
    wave = np.sin(np.arange(int(seconds * 16000)) * 0.1).astype(np.float32)
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16000, start, Fraction(1, 16000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def numbered(count: int, height: int = 32, width: int = 32) -> list[np.ndarray]:
    """Pictures whose brightness is their number."""
    return [np.full((height, width, 3), BRIGHTNESS * number, np.uint8) for number in range(count)]


def number_of(picture: np.ndarray) -> int:
    """The number of a picture of :func:`numbered` after decoding."""
    return round(float(picture.mean()) / BRIGHTNESS)


def tiny_backbone(folder: Path, *, seed: int = 0, classes: int = 0, size: int = 32, **config) -> Path:
    """Write a tiny VideoMAE of random weights, with 8 frames a clip; with ``classes`` it is a classifier."""
    import torch
    from transformers import VideoMAEConfig, VideoMAEForVideoClassification, VideoMAEModel

    torch.manual_seed(seed)
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
    shape = {"image_size": size, "patch_size": 8, "num_frames": 8, "tubelet_size": 2}
    made = VideoMAEConfig(**(sizes | shape | {"initializer_range": 0.3} | config), num_labels=classes)
    model = VideoMAEForVideoClassification(made) if classes else VideoMAEModel(made)
    model.save_pretrained(folder)
    write_scaling(folder, size)
    return folder


def write_scaling(folder: Path, pixels: int, /, **values) -> None:
    """Write a ``preprocessor_config.json`` as VideoMAE's is."""
    from react_tad.files import write_json

    content = {
        **{"do_resize": True, "do_center_crop": True, "do_rescale": True, "do_normalize": True},
        "image_processor_type": "VideoMAEImageProcessor",
        "size": {"shortest_edge": pixels},
        "crop_size": {"height": pixels, "width": pixels},
        "resample": 2,
        "rescale_factor": 1 / 255,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    write_json(folder / "preprocessor_config.json", content | values)
