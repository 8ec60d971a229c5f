"""The five sample jobs: payloads as parameters, files resolved, progress told; the work itself is next door.

Paths are explained in `files.py`. A payload that cannot succeed raises UnusableInputError (a Permanent); a disk or
a mail server that cannot be reached raises what Python raises, and the job is tried again.

What takes long to import (templates, mail) is imported by the job that needs it: new workers should be quick.
"""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypedDict, Unpack

import msgspec
from msgspec import Meta

import journeyman_worker as jm
from journeyman.settings import Settings, load
from journeyman_worker.samples import aggregates, files, synthetic, tables, thumbnails
from journeyman_worker.samples.aggregates import Method
from journeyman_worker.samples.errors import ToldToFailError, UnusableInputError
from journeyman_worker.samples.thumbnails import Format

Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=4096)]
Address: TypeAlias = Annotated[str, Meta(min_length=3, max_length=998, examples=["Ann <ann@example.org>"])]
Addresses: TypeAlias = Annotated[list[Address], Meta(min_length=1, max_length=100)]
Pixels: TypeAlias = Annotated[int, Meta(ge=1, le=8_192)]
Millis: TypeAlias = Annotated[int, Meta(ge=0, le=86_400_000)]
Attempts: TypeAlias = Annotated[int, Meta(ge=0, le=1_000)]

#: Where mail comes from when a payload does not say.
SENDER = "Journeyman <journeyman@localhost.localdomain>"


def _settings() -> Settings:
    return load(os.environ)


def _resolve(path: str) -> Path:
    return files.resolve(path, _settings().data_dir)


@jm.job("data-processing", timeout="10m")
def data_processing(
    path: Annotated[
        Text, Meta(description="A CSV file: UTF-8, commas, a header.", examples=["sample:flights.csv", "orders.csv"])
    ],
    aggregate: Annotated[
        dict[Text, Annotated[list[Method], Meta(min_length=1, max_length=5)]],
        Meta(
            min_length=1,
            max_length=100,
            description="Columns, and what is made of each.",
            examples=[{"dep_delay": ["mean", "max"]}],
        ),
    ],
    group_by: Annotated[
        list[Text],
        Meta(
            max_length=16,
            description="Columns whose values make a group. None: all rows are one.",
            examples=[["carrier"]],
        ),
    ] = [],  # noqa: B006 - never changed
    output: Annotated[
        Text | None, Meta(description="Also write the groups to this CSV file.", examples=["by-carrier.csv"])
    ] = None,
    title: Annotated[str, Meta(max_length=200, description="Heads the table in a report.")] = "",
) -> dict[str, Any]:
    """Aggregate the columns of a CSV file, group by group. With `output`, write the groups as CSV, too.

    `title` heads the table in a report. Reads the file as a stream, so its size does not matter.
    """
    rows = tables.rows_of(_resolve(path), lambda percent: jm.progress(percent, "reading"))
    _, header = next(rows, (0, []))
    if not header:
        raise UnusableInputError(f"{path} has no header")
    found = aggregates.summarise(rows, aggregates.plan(header, group_by, aggregate))
    target = _resolve(output) if output else None
    if target is not None:
        tables.write(target, found.columns, found.groups)
    described = msgspec.structs.replace(found, title=title, path=path, output=str(target) if target else None)
    return dict(msgspec.to_builtins(described))


@jm.job("image-processing", queue="images", timeout="2m")
def image_processing(
    path: Annotated[Text, Meta(description="The picture.", examples=["sample:rocket.jpg", "photos/cat.jpg"])],
    output_dir: Annotated[Text, Meta(description="The folder they are written to.", examples=["thumbnails"])],
    sizes: Annotated[
        list[Pixels],
        Meta(min_length=1, max_length=16, description="Sides of the squares they are to fit into, in pixels."),
    ] = [128, 256],  # noqa: B006 - never changed
    formats: Annotated[
        list[Format], Meta(min_length=1, max_length=3, description="Each size is written in each of these.")
    ] = ["webp", "jpeg"],  # noqa: B006 - never changed
) -> dict[str, Any]:
    """Write thumbnails of a picture, upright, each size in each format, as `NAME-SIZE.FORMAT` in `output_dir`."""
    source, folder = _resolve(path), _resolve(output_dir)
    image = thumbnails.decode(files.read(source, thumbnails.SOURCE_BYTES_MAX))
    wanted = [(size, form) for size in dict.fromkeys(sizes) for form in dict.fromkeys(formats)]
    made = []
    for done, (size, form) in enumerate(wanted):
        jm.progress(100 * done / len(wanted), f"{form}, {size} pixels")
        small = thumbnails.shrink(image, size)
        content = thumbnails.encode(small, form)
        target = folder / thumbnails.name_of(source.name, size, form)
        with files.writing(target) as file:
            file.write(content)
        made.append(thumbnails.Picture(str(target), form, size, small.width, small.height, len(content)))
    result = thumbnails.Thumbnails(path, image.format or "", image.width, image.height, made)
    return dict(msgspec.to_builtins(result))


@jm.job("report-generation", timeout="2m")
def report_generation(
    title: Annotated[Text, Meta(description="Heads the page.", examples=["Penguins and a cat"])],
    output: Annotated[Text, Meta(description="The file it is written to.", examples=["report.html"])],
    data: Annotated[Any, Meta(description="What to show beside the results of the jobs it depends on.")] = None,
) -> dict[str, Any]:
    """Write an HTML page, whole in itself, of the results of this job's parents and of `data` (a result or a list)."""
    from journeyman_worker.samples import report

    own = data if isinstance(data, list) else [data]
    shown = report.material([*own, *jm.current().parents.values()])
    page = report.render(
        title,
        shown,
        read=lambda picture: files.read(Path(picture.path), thumbnails.SOURCE_BYTES_MAX),
        made_at=datetime.now(UTC),
        made_by=f"report-generation, job {jm.current().id}",
    ).encode()
    target = _resolve(output)
    with files.writing(target) as file:
        file.write(page)
    return {"path": str(target), "bytes": len(page), "tables": len(shown.tables), "pictures": len(shown.pictures)}


#: What cannot be a parameter's name.
_Sender = TypedDict(
    "_Sender",
    {
        "from": Annotated[
            Address, Meta(description=f"Who sends it. None: {SENDER}", examples=["Reports <r@example.org>"])
        ]
    },
    total=False,
)


@jm.job("email-sending", queue="mail", timeout="2m", max_attempts=5)
def email_sending(
    to: Annotated[Address | Addresses, Meta(description="Who receives it: one address or several.")],
    subject: Annotated[str, Meta(max_length=998, examples=["The report"])],
    body: Annotated[
        str, Meta(description="The message, as plain text.", extra_json_schema={"format": "multiline"})
    ] = "",
    attachments: Annotated[
        list[Text], Meta(max_length=20, description="Files to send along.", examples=[["report.html"]])
    ] = [],  # noqa: B006 - never changed
    **sender: Unpack[_Sender],
) -> dict[str, Any]:
    """Send a message, as `from` where given, through the server that `JOURNEYMAN_SMTP_URL` names."""
    from journeyman_worker.samples import mail

    room, enclosed = mail.ATTACHMENTS_BYTES_MAX, []
    for path in map(_resolve, attachments):
        content = files.read(path, room)
        room -= len(content)
        enclosed.append(mail.Attachment(path.name, content))
    message = mail.compose(
        to=[to] if isinstance(to, str) else to,
        subject=subject,
        body=body,
        sender=sender.get("from", SENDER),
        job_id=jm.current().id,
        sent_at=datetime.now(UTC),
        attachments=enclosed,
    )
    delivery = mail.deliver(message, mail.server(_settings().smtp_url))
    result: dict[str, Any] = {"message_id": str(message["Message-ID"]), "accepted": delivery.accepted}
    return {**result, "refused": delivery.refused} if delivery.refused else result


@jm.job("synthetic")
def synthetic_job(
    sleep_ms: Annotated[Millis, Meta(description="How long it sleeps.")] = 0,
    burn_ms: Annotated[Millis, Meta(description="How much processor time it uses.")] = 0,
    steps: Annotated[int, Meta(ge=0, le=10_000, description="How often it tells its progress while it sleeps.")] = 0,
    fail_times: Annotated[Attempts, Meta(description="So many attempts fail, the next one succeeds.")] = 0,
    permanent: Annotated[bool, Meta(description="It fails for good, without another attempt.")] = False,
    crash_times: Annotated[Attempts, Meta(description="So many attempts kill their worker.")] = 0,
    result_bytes: Annotated[int, Meta(ge=0, le=64 << 20, description="Size of a text in the result.")] = 0,
    echo: Annotated[Any, Meta(description="Returned as it is.")] = None,
) -> dict[str, Any]:
    """Cost time, fail or crash as told, then return `echo` and the attempt's number."""
    attempt = jm.current().attempt
    if burn_ms:
        synthetic.burn(burn_ms)
    if steps:
        for percent, pause_ms in synthetic.pauses(sleep_ms, steps):
            synthetic.sleep(pause_ms)
            jm.progress(percent, f"{percent * steps / 100:.0f} of {steps}")
    elif sleep_ms:
        synthetic.sleep(sleep_ms)
    if attempt <= crash_times:
        os.kill(os.getpid(), signal.SIGKILL)
    if permanent:
        raise jm.Permanent("told to fail for good")
    if attempt <= fail_times:
        raise ToldToFailError(f"told to fail {fail_times} times; this is attempt {attempt}")
    result: dict[str, Any] = {"echo": echo, "attempt": attempt}
    return {**result, "data": "x" * result_bytes} if result_bytes else result
