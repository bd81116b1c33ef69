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


def mutate(random, document):
    """JSON text of ``document`` after one to three changes to its tree, chosen evenly by a ``random.Random``."""
    tree = {"root": deepcopy(document)}
    for _ in range(random.choice((1, 1, 2, 3))):
        path = random.choice(list(places(tree))[1:])
        parent, key = at(tree, path[:-1]), path[-1]
        change = random.choice(("replace", "replace", "replace", "delete", "wrap", "copy", "rename", "again"))
        if change == "replace":
            parent[key] = deepcopy(random.choice(VALUES))
        elif change == "delete" and path != ("root",):
            del parent[key]
        elif change == "wrap":
            parent[key] = [parent[key]] if random.random() < 0.5 else {"value": parent[key]}
        elif change == "copy":  # what stands elsewhere, or all of it within itself
            parent[key] = deepcopy(at(tree, random.choice(list(places(tree))[1:])))
        elif change == "rename" and isinstance(parent, dict) and path != ("root",):
            parent[random.choice(("", "x", "5", SURROGATE, "é", "\x00"))] = parent.pop(key)
        elif change == "again" and isinstance(parent, list):
            parent.append(deepcopy(parent[key]))
    return json.dumps(tree["root"]).replace(json.dumps(DEEP), "[" * 100_000 + "]" * 100_000)


def damage(random, content):
    """Bytes of a text file after a change to them, and in one of the forms that files come in."""
    position = random.randint(0, len(content))
    change = random.choice(("nothing", "cut", "flip", "insert", "leave out", "twice"))
    if change == "cut":
        content = content[:position]
    elif change == "flip" and position < len(content):
        content = content[:position] + bytes([content[position] ^ random.randint(1, 255)]) + content[position + 1 :]
    elif change == "insert":
        some = (b",", b'"', b"[", b"}", b"\n", b"\x00", b"\xff", b"\xc3", b"9", b"-", b"e", b"NaN", b";", b"1" * 5000)
        content = content[:position] + random.choice(some) + content[position:]
    elif change == "leave out":
        content = content[:position] + content[position + random.randint(1, 40) :]
    elif change == "twice":
        content = content[:position] * 2
    form = random.choice(("plain", "plain", "plain", "BOM", "CRLF", "gzip", "half gzip", "UTF-16"))
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


RANDOMS = st.randoms(use_true_random=True)  # Hypothesis chooses the seed alone: its own choices keep to few places


def mutated(document):
    """Strategy of :func:`mutate`."""
    return RANDOMS.map(lambda random: mutate(random, document))


def damaged(content):
    """Strategy of :func:`damage`."""
    return RANDOMS.map(lambda random: damage(random, content))
