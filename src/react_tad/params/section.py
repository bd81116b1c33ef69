"""What a section of parameters is: closed, typed, and checked by name; and dotted names of parameters."""

import difflib
import json
import reprlib
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from react_tad.files import parse_json

Positive = Annotated[int, Field(gt=0, lt=2**31)]
Count = Annotated[int, Field(ge=0, lt=2**31)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]


class ParameterError(ValueError):
    """A parameter that does not exist, or has a value that it cannot have."""


class Section(BaseModel):
    """A closed group of parameters: frozen, no unknown keys, no silent conversion of types, no infinite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=(), allow_inf_nan=False)


def canonical(value: Any) -> str:
    """One string for equal values: JSON with sorted keys and no spaces. Snakemake compares parameters by it."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


PLAIN = (str, bool, int, float, type(None))
MAX_DEPTH, MAX_VALUES = 20, 100_000


def check_plain(value: Any, where: str) -> None:
    """Refuse what is no parameter whatever its name: dates, names that are numbers, mappings that hold themselves.

    Raises:
        ParameterError: names the value, and where it stands by its dotted name.

    """
    waiting, seen = [("", value, 0)], 0
    while waiting:
        name, item, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_VALUES:
            raise ParameterError(
                f"{where}: nested more than {MAX_DEPTH} deep, or more than {MAX_VALUES:,} values, at {name[:100]}...: "
                "does an alias stand inside its own anchor?"
            )
        if isinstance(item, Mapping):
            for key in item:
                if not isinstance(key, str):
                    raise ParameterError(
                        f"{where}: {name or 'the file'} has the name {key!r}, a {type(key).__name__}; a name should be "
                        "a text, in quotes if it looks like something else"
                    )
            waiting += [(f"{name}.{key}".lstrip("."), child, depth + 1) for key, child in item.items()]
        elif isinstance(item, list | tuple):
            waiting += [(f"{name}[{place}]", child, depth + 1) for place, child in enumerate(item)]
        elif not isinstance(item, PLAIN):
            raise ParameterError(
                f"{where}: {name} = {str(item)!r} is read as a {type(item).__name__}; put it in quotes if it is a text"
            )


def flatten(nested: Mapping[str, Any], prefix: str = "", *, where: str = "") -> Iterator[tuple[str, Any]]:
    """Yield ``("model.raid.gamma", 0.2)`` pairs; keys may be dotted already.

    Raises:
        ParameterError: one parameter is there twice, nested and dotted say; ``where`` is named.

    """
    seen = set()
    for key, value in _pairs(nested, prefix):
        if key in seen:
            raise ParameterError(f"{where}: {key} is there twice, nested and dotted; keep one of them".lstrip(": "))
        seen.add(key)
        yield key, value


def _pairs(nested: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in nested.items():
        if isinstance(value, Mapping) and f"{prefix}{key}" != "options":
            yield from _pairs(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def unflatten(pairs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn ``{"model.raid.gamma": 0.2}`` into ``{"model": {"raid": {"gamma": 0.2}}}``."""
    nested: dict[str, Any] = {}
    for key, value in pairs.items():
        *parents, leaf = key.split(".")
        node = nested
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return nested


def known_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    """All dotted parameter names, in the order of their definition."""
    keys = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys


def unknown_key(key: str, known: list[str] | tuple[str, ...], where: str) -> ParameterError:
    """Error for a key that does not exist, naming the nearest one that does."""
    nearest = difflib.get_close_matches(key, known, n=1, cutoff=0.0)
    return ParameterError(f"{where}: unknown parameter '{key}'. Did you mean '{nearest[0]}'?")


def validated(section: type[Section], values: Mapping[str, Any], where: str) -> Any:
    """Build ``section`` from nested ``values``; a wrong value is an error that names its key, the value and the
    rule.
    """
    try:
        # JSON mode accepts lists for tuples and integers for floats, and nothing else that is not exact.
        return section.model_validate_json(json.dumps(values))
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            key = ".".join(str(part) for part in problem["loc"])
            if problem["type"] == "extra_forbidden":
                raise unknown_key(key, known_keys(section), where) from None
            lines.append(f"{where}: {key} = {problem['input']!r}: {problem['msg']}")
        raise ParameterError("\n".join(lines)) from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def checked(kind: Any, document: Any, where: str) -> Any:
    """A document, such as a file of another step, as a ``TypedDict`` or another ``kind`` says that it is.

    Nothing is converted. What is wrong is a ValueError that names ``where``, the key and the value.
    """
    try:
        return _adapter(kind).validate_python(document, strict=True)
    except ValidationError as error:
        first, *more = error.errors()
        key = " / ".join(map(str, first["loc"]))
        value = "" if first["type"] == "missing" else f" = {reprlib.repr(first['input'])}"
        others = f" (and {len(more)} more faults)" if more else ""
        raise ValueError(f"{where}: {key or 'it'}{value}: {first['msg']}{others}") from None


def parse_object(text: str, where: str) -> dict[str, Any]:
    """JSON text that is an object, such as a ``--cfg``; ``where`` names it in errors."""
    parsed = parse_json(text, where)
    if not isinstance(parsed, dict):
        raise ParameterError(f"{where} {text}: should be an object of JSON, such as {{}}")
    return parsed


def data_set_of(cfg: str) -> tuple[str, Any]:
    """Name of the data set and its options, from the ``--cfg`` of the steps ``fetch`` and ``features``."""
    parsed = parse_object(cfg, "--cfg")
    if not isinstance(parsed.get("dataset"), str):
        raise ParameterError(f"--cfg: dataset = {parsed.get('dataset')!r} should be the name of a data set")
    return parsed["dataset"], parsed.get("options", {})


def step_params(section: type[Section], cfg: str | Mapping[str, Any], key: str) -> Any:
    """Section ``key`` of a step's ``--cfg`` (canonical JSON, or already parsed)."""
    loaded = parse_object(cfg, "--cfg") if isinstance(cfg, str) else cfg
    return validated(section, loaded.get(key, {}), f"--cfg {key}")
