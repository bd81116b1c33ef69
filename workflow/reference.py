"""Keep results for readers: small tables and figures go from ``results/D`` to ``results/reference/D``, for git.

    python workflow/reference.py toy summary table3 figure5a --command "snakemake --cores 8 all ..."
    python workflow/reference.py hapt/folds/all folds table3 --command "snakemake --cores 8 table3 ... folds=true"

``README.md`` beside them says with which command, at which commit and on which machine they were made. What is not
named stays as it is there. Refuses where files that git follows were changed: then no commit made the results.
"""

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
from react_tad.evaluation.provenance import CORE, commit, machine, packages
from react_tad.files import read_json, write_json, write_text

SUFFIXES = (".csv", ".md", ".svg", ".tex")
LARGEST = 1_000_000


def files_of(folder: Path, name: str) -> list[Path]:
    """The files of a table or figure that are kept. Raises SystemExit if there are none, or one is too large."""
    places = (folder / "studies", folder)
    found = [path for place in places for suffix in SUFFIXES if (path := place / f"{name}{suffix}").exists()]
    if not found:
        raise SystemExit(f"{folder} has no results of '{name}'; run `snakemake --cores 8 {name}` or `all` first")
    for path in found:
        if path.stat().st_size > LARGEST:
            raise SystemExit(f"{path}: {path.stat().st_size} bytes; files over {LARGEST} bytes do not belong in git")
    return found


def origin(folder: Path, command: str) -> dict[str, str]:
    """How the results of a folder were made. Raises SystemExit if no commit made them."""
    code = commit()
    if not code or code["changed"]:
        raise SystemExit(f"commit first: {', '.join(code['changed']) if code else 'this is no git repository'}")
    host, versions = machine("cpu"), packages()
    return {
        "from": folder.as_posix(),
        "command": command,
        "commit": code["commit"],
        "machine": f"{host['processor']}, {host['cores']} cores",
        "software": ", ".join(f"{name} {versions[name]}" for name in CORE if name in versions),
    }


def readme(origins: dict[str, dict[str, str]]) -> str:
    """The page beside the files."""
    lines = ["# Reference results", "", "Kept by `python workflow/reference.py`; nothing here is edited."]
    for name, made in origins.items():
        lines += ["", f"## {name}", "", *(f"- {key}: `{value}`" for key, value in made.items())]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Copy, and write where it comes from."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("studies", nargs="+", metavar="RESULT", help="table3, figure5a, summary, ...")
    parser.add_argument("--command", required=True, help="the command that made them")
    parser.add_argument("--to", type=Path, metavar="DIR", help="default: results/reference/DATASET")
    arguments = parser.parse_args()
    target = arguments.to or Path("results/reference", arguments.dataset)
    folder = Path("results", arguments.dataset)
    made = origin(folder, arguments.command)
    found = {name: files_of(folder, name) for name in arguments.studies}
    target.mkdir(parents=True, exist_ok=True)
    listing = target / "origins.json"
    origins = (read_json(listing) if listing.exists() else {}) | dict.fromkeys(found, made)
    for path in (path for paths in found.values() for path in paths):
        shutil.copyfile(path, target / path.name)
    write_json(listing, origins)
    write_text(target / "README.md", readme(origins))


if __name__ == "__main__":
    main()
