"""The list of GP surgeries in England: what did the person type, and which surgeries are near it.

Pure look-ups on tables in memory: nothing here talks to a person, and nothing keeps what it was
asked. `Directory` is the door; `update` fetches a newer list.
"""

from actions.gp_directory.directory import Directory, Paths
from actions.gp_directory.errors import GpDirectoryError
from actions.gp_directory.find import LookUp, Result

__all__ = ["Directory", "GpDirectoryError", "LookUp", "Paths", "Result"]
