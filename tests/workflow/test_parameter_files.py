"""Files of parameters: their names follow their content, and they are what they are called."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow"))
import parameter_files  # noqa: E402

CFG = '{"soft_nms": {"sigma": 0.5}, "label": "ü"}'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    parameter_files.kept.cache_clear()
    return tmp_path / "logs/toy/parameters"


def kept(text: str = CFG, name: str = "suppress") -> str:
    """As another run of Snakemake would ask."""
    parameter_files.kept.cache_clear()
    return parameter_files.kept(text, name, "toy")


def test_a_name_for_a_content(folder):
    path = kept()
    assert Path(path).parent == folder.relative_to(Path.cwd()) and Path(path).name.startswith("suppress-")
    assert json.loads(Path(path).read_text()) == json.loads(CFG)
    assert kept() == path
    assert kept(CFG.replace("0.5", "0.6")) != path
    assert len(list(folder.iterdir())) == 2


def test_a_line_a_value():
    """So that ``diff`` shows which."""
    one, other = (Path(kept(CFG.replace("0.5", value))).read_text().splitlines() for value in ("0.5", "0.6"))
    assert [(a.strip(), b.strip()) for a, b in zip(one, other, strict=True) if a != b] == [
        ('"sigma": 0.5', '"sigma": 0.6')
    ]


def test_what_is_there_and_right_is_not_written_again():
    path = Path(kept())
    before = path.stat()
    kept()
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("damage", [b"", b'{"soft_nms": {"sigma": 9}}', b"\xff"])
def test_what_was_edited_is_written_anew(damage):
    path = Path(kept())
    before = path.read_bytes()
    path.write_bytes(damage)
    kept()
    assert path.read_bytes() == before


def test_many_writers_of_one_file():
    """Jobs of a cluster are Snakemakes of their own."""
    with ThreadPoolExecutor(8) as threads:
        written = list(
            threads.map(lambda _: Path(parameter_files.kept.__wrapped__(CFG, "a", "toy")).read_text(), range(50))
        )
    assert set(written) == {json.dumps(json.loads(CFG), indent=1, ensure_ascii=False) + "\n"}
