"""ReAct: Temporal Action Detection with Relational Queries (ECCV 2022), as a reproducible pipeline."""

__version__ = "0.1.0"
