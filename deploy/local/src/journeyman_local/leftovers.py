"""Ending what an earlier run left behind, and only that: a pid is trusted together with its start time alone."""

from __future__ import annotations

from collections.abc import Iterable

import psutil

from journeyman_local.datadir import RunProcess

#: How long leftovers may take to stop by themselves before they are killed.
PATIENCE_S = 5.0


def describe(pid: int, name: str) -> RunProcess | None:
    """Return how to recognise the running process `pid` later; None where it is gone already."""
    try:
        return RunProcess(name, pid, psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def alive(processes: Iterable[RunProcess]) -> list[psutil.Process]:
    """Return those of the recorded processes that still run: same pid, same start time, not a zombie."""
    running = []
    for recorded in processes:
        try:
            process = psutil.Process(recorded.pid)
            if process.create_time() == recorded.created and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
        except psutil.NoSuchProcess:
            continue
    return running


def end(recorded: Iterable[RunProcess], patience_s: float = PATIENCE_S) -> list[str]:
    """End these processes and all their descendants, gently and then by force; return what they were."""
    victims: dict[int, psutil.Process] = {}
    for process in alive(recorded):
        for each in (*_descendants(process), process):
            victims.setdefault(each.pid, each)
    described = [_words(process) for process in victims.values()]
    _each(victims.values(), psutil.Process.terminate)
    _, stubborn = psutil.wait_procs(victims.values(), timeout=patience_s)
    _each(stubborn, psutil.Process.kill)
    psutil.wait_procs(stubborn, timeout=patience_s)
    return described


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _words(process: psutil.Process) -> str:
    try:
        return f"{process.pid} ({' '.join(process.cmdline())[:80]})"
    except psutil.Error:
        return str(process.pid)


def _each(processes: Iterable[psutil.Process], action: object) -> None:
    assert callable(action)
    for process in processes:
        try:
            action(process)
        except psutil.NoSuchProcess:
            continue
