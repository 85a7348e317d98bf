"""Settings, tenants and answers as people write them: YAML, JSON, JSON lines."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
import yaml
from msgspec import Meta

from noise.directory import Directory, load_directory
from noise.errors import LabelError, SettingsError
from noise.label import Label, Verdict, decode_label
from noise.recorded import Answer
from noise.settings import Settings, load_settings
from pipelines.files.streams import FileError, read_lines

BOOTSTRAP_VARIABLE = "KAFKA_BOOTSTRAP"


def read_settings(path: str | None) -> Settings:
    """Return the settings of a YAML file, or the defaults.

    A broker in the environment counts more than one in the file. A tenants file is looked for
    beside the settings that name it. Raises FileError, and SettingsError with the path of the
    wrong value.
    """
    settings = Settings() if path is None else _settings_of(path)
    broker = os.environ.get(BOOTSTRAP_VARIABLE)
    if broker:
        kafka = msgspec.structs.replace(settings.kafka, bootstrap=broker)
        settings = msgspec.structs.replace(settings, kafka=kafka)
    if path is not None and settings.tenants_file is not None:
        beside = Path(path).parent / settings.tenants_file
        settings = msgspec.structs.replace(settings, tenants_file=str(beside))
    return settings


def _settings_of(path: str) -> Settings:
    tree = _tree(path)
    if tree is None:
        return Settings()
    if not isinstance(tree, dict):
        raise FileError(f"{path} is no configuration: it must consist of names with values")
    try:
        return load_settings(tree)
    except SettingsError as exc:
        raise SettingsError(f"{path}: {exc}") from exc


def read_directory(path: str | None) -> Directory:
    """Return what a YAML or JSON file says of the clients, nothing without a file.

    Raises FileError, and SettingsError with the path of the wrong value.
    """
    tree = [] if path is None else _tree(path)
    try:
        return load_directory([] if tree is None else tree)
    except SettingsError as exc:
        raise SettingsError(f"{path}: {exc}") from exc


def _tree(path: str) -> Any:
    text = b"\n".join(read_lines(path))
    try:
        if path.endswith((".json", ".json.gz")):
            return msgspec.json.decode(text)
        return yaml.load(text, yaml.CSafeLoader)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise FileError(f"{path} is not JSON: {exc}") from exc
    except (yaml.YAMLError, ValueError) as exc:  # ValueError: a day that no month has
        raise FileError(f"{path} is not YAML: {' '.join(str(exc).split())}") from exc


class _LabelLine(msgspec.Struct, forbid_unknown_fields=True):
    event: Annotated[str, Meta(min_length=1)]
    verdict: Verdict
    delay_s: Annotated[float, Meta(ge=0)] | None = None
    technician: Annotated[str, Meta(min_length=1, max_length=512)] = "technician"


def read_answers(path: str, delay_seconds: float) -> Mapping[str, Answer]:
    """Return the recorded answers by event key; a later line on the same event counts.

    ``delay_seconds`` counts where a line has none. Raises FileError with the number of a line that
    is no label.
    """
    decoder = msgspec.json.Decoder(_LabelLine)
    answers: dict[str, Answer] = {}
    for number, line in _numbered(path):
        try:
            label = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as exc:
            raise FileError(f"{path}, line {number} is no label: {exc}") from exc
        answers[label.event] = Answer(
            label.verdict,
            delay_seconds if label.delay_s is None else label.delay_s,
            label.technician,
        )
    return answers


def read_outcomes(path: str) -> list[Label]:
    """Return what came to light by itself: in each line a label with an ``outcome``.

    They are the records that the feedback topic takes. Raises FileError with the number of a line
    that is none.
    """
    outcomes = []
    for number, line in _numbered(path):
        try:
            label = decode_label(line)
        except LabelError as exc:
            raise FileError(f"{path}, line {number} is no label: {exc}") from exc
        if label.outcome is None:
            raise FileError(
                f"{path}, line {number} is an answer, not an outcome: answers go to --labels"
            )
        outcomes.append(label)
    return outcomes


def _numbered(path: str) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something with their numbers, from 1 on."""
    return ((number, line) for number, line in enumerate(read_lines(path), 1) if line.strip())


def state_folder(name: str) -> Path:
    """Return where ``name`` keeps its data: in the user's folder for state, by the XDG rules."""
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "noise" / name
