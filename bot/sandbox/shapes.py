"""Has a call the shape that the Bot API describes? Methods, required fields, types, unknown fields.

The judge is aiogram's description of the Bot API, which is made from Telegram's own documentation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.sandbox.calls import Called


def available() -> bool:
    """False where the description is not installed. Asked first, it loads it, which takes seconds."""
    return _described() is not None


def method_known(name: str) -> bool:
    """Whether the Bot API has this method; True for all where the description is not installed."""
    return not available() or _model(name) is not None


def answers_true(name: str) -> bool:
    """Whether the method's result is just True; so for all where the description is not installed."""
    model = _model(name)
    return model is None or getattr(model, "__returning__", None) is bool


def misshapen(call: Called) -> Iterator[str]:
    """What is wrong with the call's shape, one sentence each."""
    model = _model(call.method)
    if model is None:
        return
    given: dict[str, Any] = {}
    for name, text in call.fields.items():
        field = model.model_fields.get(name)
        given[name] = _decoded(text, field.annotation) if field else text
    for name, content in call.files.items():
        if name in model.model_fields:
            given[name] = _file(content, call.names.get(name, name))
        elif not any(f"attach://{name}" in text for text in call.fields.values()):
            yield f"{name}: a file that no field refers to"
    yield from _wrong(given, model, "")


@cache
def _described() -> Any:
    """None where the extra `sandbox` is not installed: calls are checked against the limits only."""
    # here and not above: it takes seconds to load, and who merely imports the sandbox judges nothing
    try:
        import aiogram.methods as described  # noqa: PLC0415
    except ImportError:
        return None
    return described


def _file(content: bytes, name: str) -> Any:
    from aiogram.types import BufferedInputFile  # noqa: PLC0415 - as above

    return BufferedInputFile(content, name)


def _model(method: str) -> type[BaseModel] | None:
    found = getattr(_described(), method[:1].upper() + method[1:], None)
    if isinstance(found, type) and getattr(found, "__api_method__", None) == method:
        return found
    return None


def _options(annotation: Any) -> list[Any]:
    """The members of a union, flat."""
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return [option for one in get_args(annotation) for option in _options(one)]
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    return [annotation]


def _models(options: list[Any]) -> list[type[BaseModel]]:
    return [one for one in options if isinstance(one, type) and issubclass(one, BaseModel)]


def _decoded(text: str, annotation: Any) -> Any:
    """Objects and lists travel as JSON; the rest as it is."""
    options = _options(annotation)
    if str in options or not (_models(options) or any(get_origin(one) is list for one in options)):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _wrong(value: Any, annotation: Any, where: str) -> Iterator[str]:
    options = _options(annotation)
    models = _models(options)
    lists = [one for one in options if get_origin(one) is list]
    if isinstance(value, dict) and models:
        yield from _object(value, _chosen(value, models), where)
    elif isinstance(value, list) and lists:
        inner: Any = Union[tuple(get_args(one)[0] for one in lists)]  # noqa: UP007 - made at run time
        for number, item in enumerate(value):
            yield from _wrong(item, inner, f"{where}[{number}]")
    else:
        try:
            _adapter(annotation).validate_python(value)
        except ValidationError as error:
            yield f"{where}: {error.errors(include_url=False, include_input=False)[0]['msg'].lower()}"


def _object(value: Mapping[str, Any], model: type[BaseModel], where: str) -> Iterator[str]:
    dot = f"{where}." if where else ""
    for name, field in model.model_fields.items():
        if name in value or (field.alias or name) in value:
            yield from _wrong(
                value.get(field.alias or name, value.get(name)), field.annotation, f"{dot}{name}"
            )
        elif field.is_required():
            yield f"{dot}{name}: is required"
    known = set(model.model_fields) | {field.alias for field in model.model_fields.values()}
    for name in value:
        if name not in known:
            yield f"{dot}{name}: {model.__name__} has no such field"


def _chosen(value: Mapping[str, Any], models: list[type[BaseModel]]) -> type[BaseModel]:
    """The model meant: by its literal type where there is one, else by the fields it requires."""

    def fits(model: type[BaseModel]) -> tuple[bool, int]:
        literals = [
            value.get(name) in get_args(field.annotation)
            for name, field in model.model_fields.items()
            if get_origin(field.annotation) is Literal
        ]
        needed = [name for name, field in model.model_fields.items() if field.is_required()]
        return all(literals) and bool(literals), sum(name in value for name in needed) - sum(
            name not in value for name in needed
        )

    return max(models, key=fits)


@lru_cache(maxsize=2048)
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True))
