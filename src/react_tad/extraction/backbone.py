"""Video networks of ``transformers``: one vector of each clip.

A network is a folder that ``save_pretrained`` wrote, or a name on the Hugging Face hub. Weights are read from
safetensors only, and code that comes with weights is never run. The vector is, in this order,

- ``classifier``: what the network's classifier is given, where the weights are a video classifier's: the network's own
  pooling and normalisation;
- ``pooler``: the network's pooled output, where it has one;
- ``mean``: the mean over the last layer's tokens.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from react_tad.extraction import video_library
from react_tad.extraction.scaling import Scaling
from react_tad.files import read_json
from react_tad.params.section import Section, canonical

if TYPE_CHECKING:
    import torch

TYPES = ("timesformer", "videomae", "vivit", "vjepa2")
"""The kinds of networks that were tried, by the ``model_type`` of their ``config.json``."""
SCALING_FILES = ("video_preprocessor_config.json", "preprocessor_config.json")
NOT_OF_THE_NETWORK = ("_commit_hash", "_name_or_path", "transformers_version")
"""Entries of a ``config.json`` that change nothing."""


class BackboneError(ValueError):
    """A network that cannot be used; names it and what would be right."""


class BackboneDescription(Section):
    """What a network makes features by: all that one needs to make the same, and to tell others from them."""

    name: str
    """Folder, or name on the hub; where it was found, not what it is."""
    type: str
    sha256: str
    """Of its weights, as float32, and its ``config.json``."""
    dimension: int
    pooling: Literal["classifier", "pooler", "mean"]
    scaling: Scaling
    precision: Literal["float32", "float16"] = "float32"
    """What it computes in."""


class Backbone:
    """A network that gives one vector a clip.

    Args:
        model: in evaluation mode, on its device, in its precision.
        description: of it.

    """

    def __init__(self, model: "torch.nn.Module", description: BackboneDescription):
        self.model = model
        self.description = description

    @property
    def frames(self) -> int:
        """Frames a clip that it was trained on."""
        config = self.model.config
        return config.frames_per_clip if self.description.type == "vjepa2" else config.num_frames

    def check_frames(self, frames: int) -> None:
        """Refuse clips that it cannot take; a :class:`BackboneError` says which it can."""
        if self.description.type == "vjepa2":  # its positions are rotations, for any number of frames
            tube = self.model.config.tubelet_size
            if frames % tube:
                raise BackboneError(f"{self.description.name} takes clips of a multiple of {tube} frames, not {frames}")
        elif frames != self.frames:
            raise BackboneError(f"{self.description.name} takes clips of {self.frames} frames, not {frames}")

    def __call__(self, clips: np.ndarray) -> np.ndarray:
        """Features of clips.

        Args:
            clips: float32 ``[clips, frames, 3, height, width]``, scaled.

        Returns:
            float32 ``[clips, dimension]``.

        """
        import torch

        from react_tad.devices import send, to_host

        weights = next(self.model.parameters())
        with torch.inference_mode():
            pixels = send(torch.from_numpy(clips), weights.device).to(weights.dtype)
            more = {"skip_predictor": True} if self.description.type == "vjepa2" and not self._classifies else {}
            output = self.model(**{self.model.main_input_name: pixels}, **more)
            return to_host(self._pooled(output).float())

    @property
    def _classifies(self) -> bool:
        return self.description.pooling == "classifier"

    def _pooled(self, output: Any) -> "torch.Tensor":
        if self._classifies:
            return output.logits  # the classifier passes on what it is given
        return output.pooler_output if self.description.pooling == "pooler" else output.last_hidden_state.mean(1)


def load_backbone(name: str | Path, *, device: "torch.device | str" = "cpu", half: bool = False) -> Backbone:
    """Load a network from a folder or from the hub.

    Args:
        name: the folder, or the name.
        device: to compute on.
        half: compute in float16, on a GPU only.

    Raises:
        BackboneError: it is not there, is of another kind, or is not whole.

    """
    import torch

    device = torch.device(device)
    if half and device.type == "cpu":
        raise BackboneError("--half: a CPU computes in float32; float16 needs a GPU (--device cuda)")
    name = str(name)
    like_one_on_the_hub = re.fullmatch(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", name)
    if Path(name).is_dir():
        name = f"./{name}" if like_one_on_the_hub else name  # nobody looks for it there when it is gone
    elif not like_one_on_the_hub:
        raise BackboneError(f"{name} is not there; --backbone should be a folder, or a name on the Hugging Face hub")
    with _refusals(name):
        config = _config(name)
        model, pooling = _model(name, config)
        scaling = _scaling(name, model.config)
    description = BackboneDescription(
        name=name,
        type=config["model_type"],
        sha256=digest(model, config),
        dimension=model.config.hidden_size,
        pooling=pooling,
        scaling=scaling,
        precision="float16" if half else "float32",
    )
    if pooling == "classifier":
        model.classifier = torch.nn.Identity()
    model = model.to(device, torch.float16 if half else torch.float32).eval()
    return Backbone(model, description)


def reload_backbone(
    described: BackboneDescription, *, folder: str | Path | None = None, device: Any = "cpu"
) -> Backbone:
    """Load the network that features were made by.

    Args:
        described: what travels with the features.
        folder: where it is now, if not where it was.
        device: to compute on. On a CPU it computes in float32, whatever was computed in before.

    Raises:
        BackboneError: it is not there, or another one is.

    """
    import torch

    device = torch.device(device)
    half = described.precision == "float16" and device.type != "cpu"
    backbone = load_backbone(folder or described.name, device=device, half=half)
    found = backbone.description
    for key in ("sha256", "pooling", "scaling"):
        if getattr(found, key) != getattr(described, key):
            raise BackboneError(
                f"{found.name}: {key} is {getattr(found, key)!s}, and the features were made by {described.name} with "
                f"{getattr(described, key)!s}; give the folder of that network"
            )
    return backbone


@contextmanager
def _refusals(name: str) -> Iterator[None]:
    """Errors of ``transformers`` in one line, without its warnings; with its progress bars for downloads only."""
    logging = video_library("transformers").utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if Path(name).is_dir():
        logging.disable_progress_bar()
    try:
        yield
    except BackboneError:
        raise
    except (OSError, ValueError, KeyError, RuntimeError, video_library("safetensors").SafetensorError) as error:
        raise BackboneError(f"{name} cannot be loaded as a network: {' '.join(str(error).split())}") from error
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _config(name: str) -> dict[str, Any]:
    config, _ = video_library("transformers").PretrainedConfig.get_config_dict(name)
    kind = config.get("model_type")
    if kind not in TYPES:
        raise BackboneError(f"{name}: a network of type {kind!r}; it should be a video network: {', '.join(TYPES)}")
    return config


def _model(name: str, config: dict[str, Any]) -> tuple["torch.nn.Module", str]:
    """The network in float32, and how its output is pooled."""
    import torch

    transformers = video_library("transformers")
    classifies = any(kind.endswith("ForVideoClassification") for kind in config.get("architectures") or ())
    kind = transformers.AutoModelForVideoClassification if classifies else transformers.AutoModel
    model, found = kind.from_pretrained(
        name, use_safetensors=True, trust_remote_code=False, output_loading_info=True, dtype=torch.float32
    )
    if found["missing_keys"] or found["mismatched_keys"]:
        wrong = sorted(map(str, [*found["missing_keys"], *found["mismatched_keys"]]))
        raise BackboneError(f"{name}: {len(wrong)} weights are missing or of another shape, such as {wrong[0]}")
    if classifies:
        return model, "classifier"
    return model, "pooler" if getattr(model, "pooler", None) is not None else "mean"


def _scaling(name: str, config: Any) -> Scaling:
    size = getattr(config, "image_size", None) or config.crop_size
    picture = (size, size) if isinstance(size, int) else tuple(size)
    for file in SCALING_FILES:
        path = video_library("transformers").utils.cached_file(
            name, file, _raise_exceptions_for_missing_entries=False, _raise_exceptions_for_gated_repo=True
        )
        if path:
            # ViViT's own processor takes 1 off whether its file says so or not.
            content = {"offset": config.model_type == "vivit"} | read_json(path)
            return Scaling.read(content, f"{name}: {file}", picture=picture)
    raise BackboneError(
        f"{name}: no {SCALING_FILES[1]}, which says how pictures are scaled and normalised; put the network's own there"
    )


def digest(model: "torch.nn.Module", config: dict[str, Any]) -> str:
    """One sha256 of a network's weights and its ``config.json``, however the weights are divided into files."""
    from react_tad.devices import to_host

    content = hashlib.sha256(canonical({k: v for k, v in config.items() if k not in NOT_OF_THE_NETWORK}).encode())
    for name, tensor in sorted(model.state_dict().items()):
        content.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        content.update(np.ascontiguousarray(to_host(tensor)))
    return content.hexdigest()
