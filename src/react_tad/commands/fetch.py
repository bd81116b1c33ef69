"""Download a data set's files, or take them from a mirror folder, and check them.

Writes the files and manifest.json with their sha256, licence and citation. A download that broke off is gone on with; a
file that is there already and right is kept. What no program can fetch is listed with its address and the folder to put
it into. A data set that is generated has a manifest and no files. The user's own files stay where they are: the
manifest has their checksums.
"""

import argparse
import json
import os
from pathlib import Path

from react_tad.params import validated

MIRROR_VARIABLE = "REACT_TAD_MIRROR"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--cfg", required=True, metavar="JSON", help="'dataset' and its 'options'")
    parser.add_argument("--to", required=True, type=Path, metavar="DIR", help="folder to write")
    parser.add_argument(
        "--mirror",
        metavar="DIR",
        default=os.environ.get(MIRROR_VARIABLE),
        help=f"take the files from this folder instead of downloading (default: ${MIRROR_VARIABLE})",
    )


def run(arguments: argparse.Namespace) -> None:
    """Get the files, then write the manifest."""
    from react_tad.data.datasets import find, own_files
    from react_tad.data.download import obtain_all
    from react_tad.data.own_files import checksums
    from react_tad.files import write_json

    cfg = json.loads(arguments.cfg)
    dataset = find(cfg["dataset"])
    options = validated(dataset.OPTIONS, cfg.get("options", {}), f"--cfg options of {cfg['dataset']}")
    mirror = Path(arguments.mirror) if arguments.mirror else None
    arguments.to.mkdir(parents=True, exist_ok=True)
    files = obtain_all(arguments.to, dataset.published(options), mirror=mirror, folder=cfg["dataset"])
    own = checksums(own_files(dataset, options), arguments.to)
    manifest = {
        "dataset": cfg["dataset"],
        "options": options.model_dump(mode="json"),
        "files": files,
        "licence": dataset.LICENCE,
        "citation": dataset.CITATION,
    }
    write_json(arguments.to / "manifest.json", manifest | ({"own_files": own} if own else {}))
    for record in files:
        print(f"{arguments.to / record['name']}: {record['bytes']} bytes from {record['source']}")
    if own:
        print(f"own files: {len(own)}, {sum(file['bytes'] for file in own.values())} bytes, read where they are")
