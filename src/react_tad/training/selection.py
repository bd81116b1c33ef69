"""Which epoch's weights are kept: ``train.select``."""

from collections.abc import Callable

from torch import Tensor

from react_tad.model.react import ReAct
from react_tad.training.checkpoints import Progress


class Selection:
    """Keeps the weights of the epoch with the best average mAP on the validation split, or leaves it at the last."""

    def __init__(self, select: str, validation_map: Callable[[ReAct], float]):
        """``validation_map(model)`` is called for ``select="best_validation"`` only."""
        self.by_validation = select == "best_validation"
        self.validation_map = validation_map
        self.best: dict[str, Tensor] | None = None

    def look(self, model: ReAct, epoch: int, progress: Progress) -> dict[str, float]:
        """Measure the model after ``epoch`` (from 0), keep its weights if it is the best so far; what the log gets."""
        if not self.by_validation:
            return {}
        value = self.validation_map(model)
        if progress.best_map is None or value > progress.best_map:
            progress.best_map, progress.best_epoch = value, epoch + 1
            self.best = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        return {"validation_map": value}

    def weights(self, model: ReAct) -> dict[str, Tensor]:
        """Those to keep at the end."""
        return self.best if self.by_validation else model.state_dict()
