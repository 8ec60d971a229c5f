import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from journeyman.cli.__main__ import main
from journeyman.cli.app import COMMANDS, Command, build

PAGE = Path(__file__).parents[3] / "docs" / "cli.md"

SLOW = ("httpx", "redis", "rich.table", "msgspec.yaml")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_has_its_function_and_its_words(command: Command) -> None:
    module, _, name = command.function.partition(":")
    function = getattr(import_module(f"journeyman.cli.{module}"), name)
    assert function.__doc__


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_is_on_the_page_with_an_example(command: Command) -> None:
    page = PAGE.read_text()
    assert re.search(rf"^#+ `journeyman {command.words}\b", page, re.MULTILINE), "no section"
    assert re.search(rf"^journeyman {command.words}\b", page, re.MULTILINE), "no example"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_option_of_a_command_is_on_the_page(command: Command) -> None:
    page = PAGE.read_text()
    arguments = build()
    for word in command.words.split():
        arguments = arguments[word]
    names = {name for one in arguments.assemble_argument_collection() for name in one.names if name.startswith("--")}
    missing = sorted(name for name in names if f"`{name}" not in page)
    assert not missing


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.words)
def test_every_command_explains_itself(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.words.split(), "--help"]) == 0
    assert f"Usage: journeyman {command.words}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["status"],
        ["status", "a", "b"],
        ["submit", "t", "--nonsense"],
        ["list", "--status", "nonsense"],
        ["list", "-o", "xml"],
        ["list", "--limit", "0"],
        ["list", "--submitted-after", "yesterday"],
        ["submit", "t", "{not json"],
        ["submit", "t", "@no-such-file.json"],
        ["submit", "t", "--delay", "5"],
        ["submit", "t", "--tag", "nothing"],
        ["wait"],
        ["tail", "--from", "nonsense"],
        ["dead-letter", "redrive", "--rate", "fast"],
        ["up", "--workers", "-1"],
        ["up", "--ingest-port", "70000"],
        ["status", "a", "--url", "nonsense"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("journeyman: ")
    assert said.err.count("\n") == 1


def test_a_setting_that_does_not_exist_is_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JOURNEYMAN_REDIS_ULR", "redis://x")
    assert main(["tail"]) == 2
    assert "did you mean JOURNEYMAN_REDIS_URL?" in capsys.readouterr().err


def test_no_command_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(command.words.split()[0] in shown for command in COMMANDS)


def test_help_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys; from journeyman.cli.__main__ import main; main(['--help']); "
        f"print([name for name in {SLOW!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stderr.strip()
    assert "httpx" not in loaded
    assert "redis" not in loaded
