"""The parameters of a job in a file that is named after its content, so that the command of a job is short.

The name is what Snakemake compares: it changes with the parameters and with nothing else. The file is no input, its
date decides nothing, and it stays, so that a command can be pasted later, and two files be compared by ``diff``. It is
written while Snakemake looks at a job, in a dry run too; one that is missing or was edited is written anew.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from react_tad.files import write_text

FOLDER = "logs/{dataset}/parameters"
"""Beside the logs of the jobs, and like these not shared: whoever runs Snakemake has them."""


@cache
def kept(text: str, name: str, dataset: str) -> str:
    """The path of the file that holds the JSON ``text``; ``name`` says for whom it is, for readers."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = Path(FOLDER.format(dataset=dataset), f"{name}-{digest}.json")
    content = json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"
    if not holds(path, content):
        write_text(path, content)
    return str(path)


def holds(path: Path, content: str) -> bool:
    """Whether a file is there and has this content."""
    try:
        return path.read_text(encoding="utf-8") == content
    except (OSError, UnicodeDecodeError):
        return False
