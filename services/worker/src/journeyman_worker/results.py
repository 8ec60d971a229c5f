"""A return value as JSON text, decided case by case and never a crash. Pure.

What msgspec encodes is accepted: also structs, dataclasses, datetimes, UUIDs, enums, sets, bytes (base64) and
numbers as keys. NaN and the infinities become null, as in JavaScript; integers keep all their digits. Text with lone
surrogates, keys that are neither text nor numbers, endless nesting and unknown classes are refused.
"""

from __future__ import annotations

from typing import Any

import msgspec

from journeyman_worker.exceptions import UnserialisableResult

#: A larger result belongs into a file whose name is the result.
RESULT_BYTES_MAX = 64 << 20

_encode = msgspec.json.Encoder().encode


def encode_result(value: Any) -> bytes:
    """Return a job's return value as JSON. Raises UnserialisableResult."""
    if value is None:
        return b"null"
    try:
        data = _encode(value)
    except UnicodeEncodeError:
        raise UnserialisableResult("the result has text that is not valid Unicode (a lone surrogate)") from None
    except RecursionError:
        raise UnserialisableResult("the result is nested too deeply, or contains itself") from None
    except Exception as error:  # noqa: BLE001 - properties of the user's objects may raise anything
        raise UnserialisableResult(f"the result cannot be written as JSON: {_words(error)}") from None
    if len(data) > RESULT_BYTES_MAX:
        raise UnserialisableResult(f"the result has {len(data)} bytes; at most {RESULT_BYTES_MAX} are kept")
    return data


def _words(error: Exception) -> str:
    try:
        return str(error) or type(error).__name__
    except Exception:  # noqa: BLE001 - an error that cannot be printed
        return type(error).__name__
