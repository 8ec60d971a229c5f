"""The shims in `chaos/shims`: built by the machine's C compiler, preloaded into a process by its environment."""

from __future__ import annotations

import subprocess
from pathlib import Path

SHIMS = Path(__file__).parent / "shims"


def build(name: str, directory: Path) -> Path:
    """Compile a shim into `directory` and return the library. Needs `cc` (a row says so by `needs=("cc",)`)."""
    library = directory / f"{name}.so"
    files = ["-o", str(library), str(SHIMS / f"{name}.c")]
    argv = ["cc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", *files, "-ldl"]
    compiled = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr
    return library
