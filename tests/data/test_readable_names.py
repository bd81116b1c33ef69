import os
from pathlib import Path

from react_tad.data.readable_names import is_unicode, readable


def test_names_in_utf8_stay_as_they_are():
    for name in ("plain", "Ärger über Öl", "手を振る", 'it\'s "quoted" $\\'):
        assert readable(name) == readable(Path(name)) == name and is_unicode(name)


def test_other_bytes_and_control_characters_are_escapes():
    name = os.fsdecode(b"Stra\xdfe\n\x1b[31m")
    assert readable(name) == readable(Path(name)) == r"Stra\xdfe\n\x1b[31m"
    assert not is_unicode(name) and not is_unicode(b"\xff")
