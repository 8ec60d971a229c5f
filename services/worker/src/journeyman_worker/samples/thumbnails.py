"""Pictures in, smaller pictures out: the work of `image-processing`.

Bytes to bytes, without files. Whatever Pillow cannot make sense of is refused for good: the same bytes will not
decode better next time. So is a picture that is small as a file and enormous in memory. Metadata is not
carried over (photographs tell where they were taken); the orientation it states is applied, the colour profile kept.
"""

from __future__ import annotations

import io
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from journeyman_worker.samples.errors import UnusableInputError

Format: TypeAlias = Literal["webp", "jpeg", "png"]

#: A picture of this many pixels takes about 360 MB while it is worked on.
PIXELS_MAX = 90_000_000
SOURCE_BYTES_MAX = 64 << 20

SUFFIXES: dict[Format, str] = {"webp": ".webp", "jpeg": ".jpg", "png": ".png"}
_SAVE_OPTIONS: dict[Format, dict[str, Any]] = {
    "webp": {"quality": 82, "method": 4},
    "jpeg": {"quality": 85, "optimize": True, "progressive": True},
    "png": {"optimize": True},
}


class Picture(msgspec.Struct, frozen=True):
    """One picture that was written. `size` is the box that was asked for, in pixels."""

    path: str
    format: Format
    size: int
    width: int
    height: int
    bytes: int


class Thumbnails(msgspec.Struct, frozen=True):
    """The result of `image-processing`. Width and height are those of the upright source."""

    path: str
    format: str
    width: int
    height: int
    files: list[Picture]


def decode(content: bytes) -> Image.Image:
    """Return the upright picture (of an animation: its first frame). Raises UnusableInputError."""
    try:
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > PIXELS_MAX:
            raise UnusableInputError(f"{image.width} x {image.height} pixels are more than {PIXELS_MAX:,}")
        image.load()
        upright = ImageOps.exif_transpose(image)
    except UnusableInputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnusableInputError(f"more than {PIXELS_MAX:,} pixels") from error
    except UnidentifiedImageError as error:
        raise UnusableInputError("not a picture of a known format") from error
    except Exception as error:  # damaged files end in almost any error, and all mean the same
        raise UnusableInputError(f"damaged picture: {error}") from error
    upright.format = image.format
    return upright


def shrink(image: Image.Image, size: int) -> Image.Image:
    """Return a copy that fits into a square of `size` pixels; a smaller picture keeps its size."""
    copy = _in_plain_mode(image)
    copy.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return copy


def encode(image: Image.Image, form: Format) -> bytes:
    """Return the picture as a file's bytes. JPEG knows no transparency: there it becomes white."""
    if form == "jpeg" and image.mode == "RGBA":
        backdrop = Image.new("RGB", image.size, "white")
        backdrop.paste(image, mask=image.getchannel("A"))
        image = _with_profile_of(image, backdrop)
    target = io.BytesIO()
    options = dict(_SAVE_OPTIONS[form])
    if profile := image.info.get("icc_profile"):
        options["icc_profile"] = profile
    image.save(target, form.upper(), **options)
    return target.getvalue()


def _in_plain_mode(image: Image.Image) -> Image.Image:
    """Return a copy in L, RGB or RGBA, which all three formats can hold."""
    if image.mode in ("L", "RGB", "RGBA"):
        return image.copy()
    if image.mode.startswith("I"):  # 16 bits a sample, of which a screen shows the upper eight
        deep = image.convert("I")
        return deep.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "1":
        return image.convert("L")
    converted = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("P", "PA"):
        return _with_profile_of(image, converted)
    converted.info.pop("icc_profile", None)  # it described the colours before the conversion
    return converted


def _with_profile_of(source: Image.Image, image: Image.Image) -> Image.Image:
    if profile := source.info.get("icc_profile"):
        image.info["icc_profile"] = profile
    return image


def name_of(source: str, size: int, form: Format) -> str:
    """Return the file name of a thumbnail: `rocket-256.webp`."""
    return f"{PurePath(source).stem}-{size}{SUFFIXES[form]}"
