"""The one exception family of Own It.

OwnItError
├── ContentError      a YAML file a maintainer edits
├── SettingError      an environment variable or a file an operator sets
├── EngineError       the engine did not answer
└── GpDirectoryError  the list of GP surgeries (actions.gp_directory)
"""

from __future__ import annotations


class OwnItError(Exception):
    """Something a person can mend; the message names the place, the key and the mend."""

    def __init__(self, where: str, what: str, mend: str = "") -> None:
        """Keep the three parts apart so that tools can print them their own way.

        Args:
            where: file (with line where known) or setting.
            what: what is wrong, naming the key.
            mend: what to do about it, as an instruction.
        """
        super().__init__(f"{where}: {what}" + (f" {mend}" if mend else ""))
        self.where, self.what, self.mend = where, what, mend


class ContentError(OwnItError):
    """A content file does not say what it must."""


class SettingError(OwnItError):
    """An environment variable or operator's file cannot be used."""


class EngineError(OwnItError):
    """The engine is loading, failed, was silent or took too long."""
