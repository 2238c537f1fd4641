"""How do the model's values become text in a row, and back?"""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.pipeline.errors import StorageError
from bot.pipeline.model import AngleName, CarSpec, Prompt

T = TypeVar("T")


class Codec(Generic[T]):
    """JSON of one type. Fields that a later version adds are ignored; those with defaults may lack."""

    def __init__(self, kind: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(kind)

    def text(self, value: T) -> str:
        """The value as JSON."""
        return self._adapter.dump_json(value).decode()

    def value(self, text: str) -> T:
        """The very value that `text` was made of. Raises StorageError when it was not."""
        try:
            return self._adapter.validate_json(text)
        except ValidationError as error:
            raise StorageError("row", error.error_count()) from error


SPEC: Codec[CarSpec] = Codec(CarSpec)
PROMPT: Codec[Prompt] = Codec(Prompt)
ANGLES: Codec[tuple[AngleName, ...]] = Codec(tuple[AngleName, ...])
PAINT: Codec[tuple[float, float, float] | None] = Codec(tuple[float, float, float] | None)
WARNINGS: Codec[tuple[str, ...]] = Codec(tuple[str, ...])
FACTS: Codec[dict[str, int | float | str]] = Codec(dict[str, int | float | str])
