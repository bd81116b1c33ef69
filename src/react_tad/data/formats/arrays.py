"""What an array of features has to be, and what a file is that holds none."""

from collections.abc import Sequence

import numpy as np

from react_tad.data.features import FeatureError

KINDS = {
    "b": "booleans",
    "c": "complex numbers",
    "m": "durations",
    "M": "dates",
    "O": "Python objects",
    "S": "texts",
    "T": "texts",
    "U": "texts",
    "V": "records",
}
"""Kinds of ``numpy.dtype`` that are no features."""

SIGNATURES = (
    (b"\x93NUMPY", "a .npy file"),
    (b"PK\x03\x04", "a zip archive, as .npz files are"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    *(
        (bytes((0x80, protocol)), "a pickle, which is never read, since it may run any program")
        for protocol in range(2, 6)
    ),
    (b"\x1f\x8b", "compressed by gzip; unpack it first"),
    (b"MATLAB ", "a MATLAB file"),
    (b"version https://git-lfs", "a pointer of Git LFS; 'git lfs pull' gets the file itself"),
    (b"<", "a page of HTML or XML, as servers send in the place of a file"),
)
"""How files begin that are taken for others."""


def check(shape: Sequence[int], dtype: np.dtype, where: str) -> None:
    """Refuse what is not an array of numbers ``[snippets >= 1, dimension >= 1]``; says which it is and what to do.

    Numbers are integers and floating-point numbers of at most 64 bits.

    Raises:
        FeatureError: names type and shape.

    """
    found = f"{where}: an array of {_named(dtype)} {list(shape)}"
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        kind = KINDS.get(dtype.kind, "numbers of more than 64 bits")
        raise FeatureError(f"{found}, {kind}; it should be of numbers [snippets, dimension]")
    if len(shape) != 2 or min(shape) < 1:
        raise FeatureError(f"{found}; it should be of numbers [snippets, dimension]{_advice(shape)}")


def _named(dtype: np.dtype) -> str:
    return "records" if dtype.names or dtype.subdtype else str(dtype)


def _advice(shape: Sequence[int]) -> str:
    if len(shape) == 1 and shape[0]:
        return ", such as [1, dimension] (array[None]) or [snippets, 1] (array[:, None])"
    if len(shape) > 2 and sum(length != 1 for length in shape) <= 2 and 0 not in shape:
        return ": numpy.squeeze takes axes of length 1 away"
    return ""


def kind_of_file(head: bytes) -> str:
    """What a file is that begins so, as the end of a sentence; empty if nothing is known."""
    if not head:
        return "an empty file"
    if not any(head):
        return "a file of zeros"
    return next((kind for signature, kind in SIGNATURES if head.startswith(signature)), "")
