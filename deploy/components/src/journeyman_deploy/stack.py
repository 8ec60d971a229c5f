"""A project's stack: its configuration with clear errors, its names and tags, and the outputs of other projects.

A project is `journeyman-NAME`, in the folder deploy/NAME; a stack of it is an environment (`production`, `staging`).
Projects know each other by their outputs alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Any

import pulumi

#: Names of load balancers and target groups have 32 characters at most, ours with them.
ENVIRONMENT = re.compile(r"^[a-z][a-z0-9]{0,9}$")
#: What ElastiCache takes as a password, and what needs no escape in a URL.
PASSWORD = re.compile(r"^[A-Za-z0-9]{16,128}$")


class ConfigError(pulumi.RunError):
    """A value of the stack's configuration that cannot be; one line that names it."""


class Stack:
    """Where a program is. Build one at its start.

    Raises ConfigError, here and in all that reads configuration, where a value is missing or cannot be.
    """

    def __init__(self) -> None:
        self.project = pulumi.get_project()
        self.environment = pulumi.get_stack()
        if not ENVIRONMENT.match(self.environment):
            raise ConfigError(f"a stack is named like production: 10 small letters at most, not {self.environment!r}")
        self.prefix = f"journeyman-{self.environment}"
        self._config = pulumi.Config()

    def name(self, what: str) -> str:
        """Return the name in AWS of something of this environment."""
        return f"{self.prefix}-{what}"

    def tags(self, what: str, **more: str) -> dict[str, str]:
        """Return the tags of something: what everything has, its name, and `more`."""
        own = {"Name": self.name(what), "journeyman:environment": self.environment, "journeyman:project": self.project}
        return own | {f"journeyman:{key}": value for key, value in more.items()}

    def of(self, project: str) -> pulumi.StackReference:
        """Return what another project of the same environment gave out."""
        name = f"{pulumi.get_organization()}/journeyman-{project}/{self.environment}"
        return pulumi.StackReference(name)

    def text(self, key: str, default: str | None = None, *, pattern: str = "", words: str = "") -> str:
        """Return a text that matches `pattern`; `words` says which those are."""
        value = self._config.get(key)
        if value is None:
            if default is None:
                raise ConfigError(f"{self.project}:{key} is missing: pulumi config set {key} {words or '…'}")
            return default
        if pattern and not re.fullmatch(pattern, value):
            raise ConfigError(f"{self.project}:{key} must be {words or pattern}, not {value!r}")
        return value

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Return one of some texts; the first is the default."""
        return self.text(key, choices[0], pattern="|".join(map(re.escape, choices)), words=" or ".join(choices))

    def number(self, key: str, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
        """Return a whole number."""
        text = self._config.get(key)
        try:
            value = default if text is None else int(text)
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise ConfigError(f"{self.project}:{key} must be a number from {least} to {most}, not {text!r}")
        return value

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Return whether something is wanted."""
        return self.choice(key, ("true", "false") if default else ("false", "true")) == "true"

    def texts(self, key: str, default: Sequence[str] | None = None) -> list[str]:
        """Return a list of texts: `pulumi config set --path 'KEY[0]' VALUE`."""
        value: Any = self._config.get_object(key)
        if value is None and default is not None:
            return list(default)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ConfigError(f"{self.project}:{key} must be a list of texts: pulumi config set --path '{key}[0]' …")
        return list(value)

    def table(self, key: str) -> dict[str, str]:
        """Return texts by name: `pulumi config set --path 'KEY.NAME' VALUE`."""
        value: Any = self._config.get_object(key)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(
            isinstance(each, str | int | float | bool) for each in value.values()
        ):
            raise ConfigError(f"{self.project}:{key} must be texts by name: pulumi config set --path '{key}.NAME' …")
        return {str(name): str(each) for name, each in value.items()}

    def networks(self, key: str, default: Sequence[str] | None = None) -> list[str]:
        """Return a list of networks like 203.0.113.0/24."""
        networks = self.texts(key, default)
        for network in networks:
            try:
                ipaddress.IPv4Network(network)
            except ValueError:
                raise ConfigError(
                    f"{self.project}:{key} must be networks like 203.0.113.0/24, not {network!r}"
                ) from None
        return networks

    def password(self, key: str) -> pulumi.Output[str]:
        """Return a password, which stays a secret in Pulumi's state too."""
        hint = f"pulumi config set --secret {key} $(openssl rand -hex 24)"
        if self._config.get_secret(key) is None:
            raise ConfigError(f"{self.project}:{key} is missing: {hint}")

        def checked(password: str) -> str:
            if not PASSWORD.match(password):
                raise ConfigError(f"{self.project}:{key} must be 16 to 128 letters and digits: {hint}")
            return password

        return self._config.require_secret(key).apply(checked)
