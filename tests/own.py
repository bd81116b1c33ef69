"""Own data that a test makes, and the commands that turn them into windows."""

import json
from pathlib import Path

import h5py
import numpy as np

from react_tad.cli import main
from react_tad.data.annotations import SUBSETS
from react_tad.data.features import FeatureStore
from react_tad.data.windows import WindowIndex


class Own:
    """Own data in a folder: two snippets a second, random features."""

    def __init__(self, folder: Path, *, dimension=4):
        self.folder, self.dimension = folder, dimension
        self.features, self.annotations = folder / "my features", folder / "my annotations.json"
        self.database, self.arrays = {}, {}

    @property
    def data(self) -> Path:
        """Where annotations and features are written; features and windows in subfolders."""
        return self.folder / "data"

    def add(self, name, subset, *, snippets=20, instances=(("wave", 2.0, 5.0),), **entry):
        """Add a video with instances (label, start, end) in seconds; ``entry`` is more of its entry in the JSON."""
        random = np.random.default_rng(len(self.arrays))
        self.arrays[name] = random.normal(size=(snippets, self.dimension)).astype(np.float32)
        listed = [{"label": label, "segment": [start, end]} for label, start, end in instances]
        self.database[name] = {"subset": subset, "duration": snippets * 0.5, "annotations": listed} | entry

    def write(self, kind="npy"):
        """Write the features, as a folder or as one HDF5 file, and the annotations."""
        self.annotations.write_text(json.dumps({"database": self.database}), encoding="utf-8")
        if kind == "hdf5":
            with h5py.File(self.features, "w") as file:
                for name, array in self.arrays.items():
                    file[name] = array
            return
        self.features.mkdir(exist_ok=True)
        for name, array in self.arrays.items():
            np.save(self.features / f"{name}.npy", array)

    def run(self, **options):
        """Run fetch, features and windows; gives the first exit status that is not 0."""
        paths = {"features": str(self.features), "annotations": str(self.annotations)}
        cfg = json.dumps({"dataset": "custom", "options": paths | options})
        raw, out = str(self.folder / "raw"), ["--annotations", str(self.data / "annotations.json")]
        failed = main(["fetch", "--cfg", cfg, "--to", raw])
        failed = failed or main(
            ["features", "--cfg", cfg, "--raw", raw, *out, "--features", str(self.data / "features")]
        )
        return failed or next(filter(None, map(self.windows, SUBSETS)), 0)

    def windows(self, split):
        """Cut the windows of a split."""
        files = ["--annotations", str(self.data / "annotations.json")]
        files += ["--features", str(self.data / "features" / f"{split}.json")]
        cfg = json.dumps({"windows": {"length": 16, "stride": 8}})
        return main(["windows", "--cfg", cfg, *files, "--out", str(self.data / "windows" / f"{split}.json")])

    def store(self, split):
        """The features of a split as they were written."""
        return FeatureStore(self.data / "features" / f"{split}.json")

    def index(self, split):
        """The windows of a split as they were written."""
        return WindowIndex.read(self.data / "windows" / f"{split}.json")
