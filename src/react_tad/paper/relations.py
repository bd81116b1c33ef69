"""How the queries of one window are related to a reference query (Figure 4), and who attends to whom.

The relations are the paper's (section 3.1), from what a decoder layer is given: the queries' content and their
reference segments. A query of low overlap (IoU below tau) is *distinct*, and then *similar* or *dissimilar* by its
cosine (above gamma or not); one of high overlap is a *duplicate*. Relational attention keeps a query itself and the
distinct-similar ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from react_tad.files import csv_text


class Relation(IntEnum):
    """What another query is to a query."""

    ITSELF = 0
    DISTINCT_SIMILAR = 1
    DISTINCT_DISSIMILAR = 2
    DUPLICATE = 3

    @property
    def words(self) -> str:
        """The name for readers."""
        return "reference query" if self is Relation.ITSELF else self.name.lower().replace("_", "-", 1)


OTHERS = tuple(relation for relation in Relation if relation is not Relation.ITSELF)


def classify(similar: np.ndarray, distinct: np.ndarray) -> np.ndarray:
    """Relations of all pairs: whether they look alike and whether they overlap little, booleans [..., N, N] each, to
    :class:`Relation` values [..., N, N].
    """
    kinds = np.where(similar, Relation.DISTINCT_SIMILAR, Relation.DISTINCT_DISSIMILAR)
    kinds = np.where(distinct, kinds, Relation.DUPLICATE)
    return np.where(np.eye(kinds.shape[-1], dtype=bool), Relation.ITSELF, kinds)


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One decoder layer of one window."""

    attends: np.ndarray
    """[N, N] booleans, the attention mask: the row's query attends to the column's."""
    relations: np.ndarray | None
    """[N, N] :class:`Relation` values of what the layer was given; None where references have no width."""
    dense: bool
    """Whether the layer has no mask: every query attends to every other."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WindowRelations:
    """The N queries of one window of a recording, and the instances in it. Times are seconds of the recording."""

    video: str
    first: int
    """First snippet of the window."""
    start_end: tuple[float, float]
    """The window."""
    gamma: float
    tau: float
    references: np.ndarray
    """[N, 2], (start, end) of the last layer's reference segments: those that the relations are about."""
    detected: np.ndarray
    """[N, 2], (start, end) of the segments that the last layer makes of them."""
    labels: tuple[str, ...]
    """Best class of each query."""
    scores: np.ndarray
    """[N], its score."""
    layers: Sequence[Layer]
    instances: Sequence[tuple[str, float, float]]
    """(class, start, end) of what is annotated, cut to the window."""
    reference: int
    """The reference query."""

    @property
    def kinds(self) -> np.ndarray:
        """[N], relation of every query to the reference query in the last layer."""
        return self.layers[-1].relations[self.reference]

    def of_kind(self, relation: Relation) -> np.ndarray:
        """The queries of one relation to the reference query, by the centre of their segments."""
        chosen = np.flatnonzero(self.kinds == relation)
        return chosen[np.argsort(self.references[chosen].sum(1), kind="stable")]

    @property
    def order(self) -> np.ndarray:
        """[N], all queries by the centre of their reference segments."""
        return np.argsort(self.references.sum(1), kind="stable")

    @property
    def interest(self) -> tuple[bool, int, int]:
        """What makes a window a good example, most important first: at least two annotated instances of the reference
        query's class, the size of the rarest of the three relations, and the number of those instances."""
        rarest = min(int((self.kinds == relation).sum()) for relation in OTHERS)
        same = sum(name == self.labels[self.reference] for name, _, _ in self.instances)
        return same > 1, rarest, same

    def queries(self) -> list[dict[str, Any]]:
        """One record a query, by number."""
        records = []
        for query in range(len(self.scores)):
            (start, end), (detected_start, detected_end) = self.references[query], self.detected[query]
            records.append(
                {
                    "query": query,
                    "relation": Relation(self.kinds[query]).words,
                    "label": self.labels[query],
                    "score": float(self.scores[query]),
                    "reference_start": float(start),
                    "reference_end": float(end),
                    "detected_start": float(detected_start),
                    "detected_end": float(detected_end),
                }
            )
        return records

    def as_dict(self) -> dict[str, Any]:
        """Everything that the picture shows, for a JSON file; queries are numbered from 0."""
        return {
            "video": self.video,
            "first_snippet": self.first,
            "window_seconds": list(self.start_end),
            "gamma": self.gamma,
            "tau": self.tau,
            "reference_query": self.reference,
            "queries": self.queries(),
            "instances": [{"label": name, "segment": [start, end]} for name, start, end in self.instances],
            "layers": [
                {
                    "dense": layer.dense,
                    "attends": layer.attends.astype(int).tolist(),
                    "relations": None if layer.relations is None else layer.relations.tolist(),
                }
                for layer in self.layers
            ],
            "relation_names": {str(relation.value): relation.words for relation in Relation},
        }

    def as_csv(self) -> str:
        """The queries, a line each."""
        records = self.queries()
        return csv_text(list(records[0]), (record.values() for record in records))
