"""The detector as training runs it: in float32, or with its forward passes in bfloat16 (``train.precision``).

In bfloat16 matrix products are rounded to 8 bits of precision and run faster where the hardware has them. Weights, the
optimiser, normalisation, reference segments, the relations of RAID, the matching and all losses stay in float32.
Inference and validation never come here: they are float32.
"""

from dataclasses import replace

import torch
from torch import Tensor

from react_tad.model.react import Output, ReAct


class TrainingPass:
    """The forward passes of a training step; what they give is float32."""

    def __init__(self, model: ReAct, *, precision: str, device: torch.device):
        self.model, self.device = model, device
        self.lower = precision == "bfloat16"

    def __call__(self, features: Tensor, lengths: Tensor) -> Output:
        """As :meth:`ReAct.forward`."""
        with self._autocast():
            output = self.model(features, lengths)
        decoded = replace(output.decoded, logits=output.decoded.logits.float())
        quality = None if output.quality is None else output.quality.float()
        return replace(output, decoded=decoded, quality=quality, encoded=output.encoded.float())

    def classify_segments(self, output: Output, references: Tensor) -> Tensor:
        """As :meth:`ReAct.classify_segments`."""
        with self._autocast():
            return self.model.classify_segments(output, references).float()

    def project(self, features: Tensor) -> Tensor:
        """Input projection ``[..., dimension]`` to ``[..., dim]``, for ACE-enc before the encoder."""
        with self._autocast():
            return self.model.project(features).float()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.lower)
