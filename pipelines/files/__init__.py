"""Everything that is read from files and written to them."""

from pipelines.files.configuration import (
    BOOTSTRAP_VARIABLE,
    read_answers,
    read_directory,
    read_outcomes,
    read_settings,
    state_folder,
)
from pipelines.files.forms import TRUTHFUL
from pipelines.files.recordings import Recordings
from pipelines.files.streams import STDOUT, FileError, read_lines, size_of, written

__all__ = [
    "BOOTSTRAP_VARIABLE",
    "STDOUT",
    "TRUTHFUL",
    "FileError",
    "Recordings",
    "read_answers",
    "read_directory",
    "read_lines",
    "read_outcomes",
    "read_settings",
    "size_of",
    "state_folder",
    "written",
]
