"""Pictures: upright, small, of every mode; damaged and dangerous ones refused."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from journeyman_worker.samples import thumbnails
from journeyman_worker.samples.errors import UnusableInputError
from journeyman_worker.samples.files import SAMPLES
from journeyman_worker.samples.thumbnails import Format

FORMATS: list[Format] = ["webp", "jpeg", "png"]


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def reopened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "hubble.jpg", "rocket.jpg"])
def test_a_photograph_fits_into_the_box_and_keeps_its_shape(name: str, form: Format) -> None:
    image = thumbnails.decode((SAMPLES / name).read_bytes())

    small = reopened(thumbnails.encode(thumbnails.shrink(image, 128), form))

    assert small.format == form.upper()
    assert max(small.size) == 128
    assert small.width / small.height == pytest.approx(image.width / image.height, rel=0.02)


def test_a_picture_lying_on_its_side_is_set_upright() -> None:
    lying = Image.new("RGB", (40, 20), "blue")
    lying.paste("red", (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned clockwise by a quarter

    upright = thumbnails.decode(encoded(lying, "JPEG", exif=exif, quality=95))
    small = reopened(thumbnails.encode(thumbnails.shrink(upright, 32), "jpeg"))

    assert upright.size == (20, 40)
    assert small.size == (16, 32)
    top, bottom = small.convert("RGB").getpixel((8, 4)), small.convert("RGB").getpixel((8, 28))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]
    assert bottom[2] > 200 > top[2]


def test_metadata_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at home"

    image = thumbnails.decode(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif))

    for form in FORMATS:
        assert not reopened(thumbnails.encode(thumbnails.shrink(image, 32), form)).getexif()


def test_a_small_picture_is_not_blown_up() -> None:
    assert thumbnails.shrink(Image.new("RGB", (10, 6)), 128).size == (10, 6)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "I;16", "F"]
)
def test_every_mode_becomes_every_format(mode: str, form: Format) -> None:
    small = reopened(thumbnails.encode(thumbnails.shrink(Image.new(mode, (64, 32)), 16), form))

    assert small.size == (16, 8)


def test_transparency_is_kept_where_it_can_be_and_white_where_it_cannot() -> None:
    image = thumbnails.shrink(thumbnails.decode(encoded(Image.new("RGBA", (20, 20), (255, 0, 0, 0)))), 10)

    assert reopened(thumbnails.encode(image, "webp")).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert reopened(thumbnails.encode(image, "jpeg")).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_are_scaled_to_eight() -> None:
    image = thumbnails.decode(encoded(Image.new("I;16", (20, 20), 0x8000)))

    assert thumbnails.shrink(image, 10).getpixel((5, 5)) == 128


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(UnusableInputError, match="not a picture"):
        thumbnails.decode(content)


@pytest.mark.parametrize("name", ["chelsea.png", "rocket.jpg"])
def test_a_truncated_picture_is_refused(name: str) -> None:
    content = (SAMPLES / name).read_bytes()

    with pytest.raises(UnusableInputError, match="damaged picture"):
        thumbnails.decode(content[: len(content) // 2])


def test_a_picture_with_a_flipped_byte_is_refused() -> None:
    content = bytearray((SAMPLES / "chelsea.png").read_bytes())
    content[len(content) // 2] ^= 0xFF

    with pytest.raises(UnusableInputError, match="damaged picture"):
        thumbnails.decode(bytes(content))


@pytest.mark.parametrize("side", [9_700, 30_000, 2**31 - 1])
def test_a_small_file_of_a_gigantic_picture_is_refused_before_it_takes_memory(side: int) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )

    with pytest.raises(UnusableInputError, match="pixels"):
        thumbnails.decode(bomb)


def test_a_thumbnail_is_named_after_its_source_size_and_format() -> None:
    assert thumbnails.name_of("holiday.photo.PNG", 256, "jpeg") == "holiday.photo-256.jpg"
