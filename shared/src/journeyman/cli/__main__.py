"""Run one command of `journeyman` and end with its exit code.

0: done. 1: it failed, or it found something. 2: wrong usage, or a setting that is wrong. 3: a server cannot be
reached, or is not one that Journeyman can use. Ctrl-C is 130.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from journeyman.errors import (
    CloudUnavailableError,
    JourneymanError,
    ServerUnavailableError,
    SettingsError,
    UnsuitableServerError,
)

DONE, FAILED, USAGE, UNREACHABLE, INTERRUPTED = 0, 1, 2, 3, 130


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that `words` (default: of the command line) say, and return the exit code."""
    from cyclopts import CycloptsError

    from journeyman.cli.app import build

    try:
        code = build()(words, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
    except CycloptsError as error:
        _say(error)
        return USAGE
    except JourneymanError as error:
        _say(error)
        return exit_code(error)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    return code if isinstance(code, int) else DONE


def exit_code(error: JourneymanError) -> int:
    """Return the exit code that an error stands for."""
    if isinstance(error, SettingsError):
        return USAGE
    if isinstance(error, (ServerUnavailableError, UnsuitableServerError, CloudUnavailableError)):
        return UNREACHABLE
    from journeyman.client.problems import AnswerError, InvalidError

    match error:
        case InvalidError():
            return USAGE
        case AnswerError():
            return UNREACHABLE
        case _:
            return FAILED


def _say(error: Exception) -> None:
    from journeyman.cli.output import say

    say(f"journeyman: {error}")


if __name__ == "__main__":
    sys.exit(main())
