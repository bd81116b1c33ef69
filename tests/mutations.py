"""Documents with something wrong in them, for Hypothesis: what people, editors and other programs leave."""

import gzip
import json
from copy import deepcopy

from hypothesis import strategies as st

DEEP = "a place where a hundred thousand brackets come"
SURROGATE = "half \ud83d of a pair"
VALUES = (
    *(None, True, False, 0, 1, -1, 5, 0.5, -0.0, 1e308, -1e308, 1e-320, 2**53 + 1, 10**400),
    *(float("nan"), float("-inf"), "", "12", "nan", "1e5", "1_0", "test", "Ambiguous", "\x00", "ünï"),
    *(SURROGATE, "x" * 3000, DEEP, [], {}, [[]], [{}], [0, 1], [1, 0], ["0", "1"], [False, True]),
    *({"3": 0, "7": 0}, [None, None], [0, 1, 2], [1e308, -1e308]),
)


def places(tree, path=()):
    """Paths of all that is in a tree of JSON, its root included."""
    yield path
    if isinstance(tree, dict | list):
        for key, below in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from places(below, (*path, key))


def at(tree, path):
    for key in path:
        tree = tree[key]
    return tree


@st.composite
def mutated(draw, document):
    """JSON text of ``document`` after one to three changes to its tree."""
    tree = {"root": deepcopy(document)}
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(tree))[1:] or [("root",)]))
        if path[0] not in tree:
            break
        parent, key = at(tree, path[:-1]), path[-1]
        change = draw(st.sampled_from(("replace", "replace", "replace", "delete", "wrap", "copy", "rename", "again")))
        if change == "replace":
            parent[key] = deepcopy(draw(st.sampled_from(VALUES)))
        elif change == "delete" and path != ("root",):
            del parent[key]
        elif change == "wrap":
            parent[key] = [parent[key]] if draw(st.booleans()) else {"value": parent[key]}
        elif change == "copy":  # what stands elsewhere, or all of it within itself
            other = draw(st.sampled_from(list(places(tree))[1:]))
            parent[key] = deepcopy(at(tree, other))
        elif change == "rename" and isinstance(parent, dict) and path != ("root",):
            parent[draw(st.sampled_from(("", "x", "5", SURROGATE, "é", "\x00")))] = parent.pop(key)
        elif change == "again" and isinstance(parent, list):
            parent.append(deepcopy(parent[key]))
    text = json.dumps(tree["root"])
    return text.replace(json.dumps(DEEP), "[" * 100_000 + "]" * 100_000)


@st.composite
def damaged(draw, content):
    """Bytes of a text file after a change to them, and in one of the forms that files come in."""
    position = draw(st.integers(0, len(content)))
    change = draw(st.sampled_from(("nothing", "cut", "flip", "insert", "leave out", "twice")))
    if change == "cut":
        content = content[:position]
    elif change == "flip" and position < len(content):
        content = content[:position] + bytes([content[position] ^ draw(st.integers(1, 255))]) + content[position + 1 :]
    elif change == "insert":
        some = (b",", b'"', b"[", b"}", b"\n", b"\x00", b"\xff", b"\xc3", b"9", b"-", b"e", b"NaN", b";", b"1" * 5000)
        content = content[:position] + draw(st.sampled_from(some)) + content[position:]
    elif change == "leave out":
        content = content[:position] + content[position + draw(st.integers(1, 40)) :]
    elif change == "twice":
        content = content[:position] * 2
    form = draw(st.sampled_from(("plain", "BOM", "CRLF", "gzip", "half gzip", "UTF-16")))
    if form == "BOM":
        return b"\xef\xbb\xbf" + content
    if form == "CRLF":
        return content.replace(b"\n", b"\r\n")
    if form == "UTF-16":
        return content.decode("latin-1").encode("utf-16")
    if form == "plain":
        return content
    packed = gzip.compress(content, mtime=0)
    return packed if form == "gzip" else packed[: len(packed) // 2]
