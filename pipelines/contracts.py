"""What others may rely on, written down by the code itself: JSON Schemas and an AsyncAPI document.

``python -m pipelines.contracts config`` writes the files; a test fails when they differ.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from noise.alert import Alert
from noise.decision import DecisionRecord
from noise.incident import Incident
from noise.label import Label
from noise.learning.shared import SharedLesson, SharedModel
from noise.mode_change import ModeChange
from noise.settings import Kafka
from pipelines.topics import Topic, Topics, declare

RECORDS: Mapping[str, type[msgspec.Struct]] = {
    "alert": Alert,
    "decision": DecisionRecord,
    "incident": Incident,
    "label": Label,
    "lesson": SharedLesson,
    "model": SharedModel,
    "mode-change": ModeChange,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
RAW_HEADERS = {
    "source": "Name of the format of the payload, such as ninjaone; absent for a canonical alert.",
    "tenant": "Id of the client; the record's key as well.",
    "received_at": "Arrival in epoch milliseconds; without it Kafka's own time counts.",
    "event_key": "Names this delivery; the same delivery sent twice has the same key.",
    "forwarded": "Set by the worker when it handed the record on to its tenant's partition.",
}
DECISION_HEADERS = {
    "action": "notify, update or suppress.",
    "reason": "Why, from a closed list.",
    "event": "The event key of the alert.",
}
DEAD_LETTER_HEADERS = {
    "reason": "Why it could not be read, one word.",
    "error": "The same as a sentence.",
    "topic": "Where the record lay.",
    "partition": "Its partition there.",
    "offset": "Its offset there.",
    "source": "As on the raw record.",
    "tenant": "As on the raw record.",
    "received_at": "As on the raw record.",
    "event_key": "As on the raw record.",
    "cut_from_bytes": "Set when the record was too large to be kept whole.",
}


def documents() -> dict[str, str]:
    """Return the text of each generated file by its path below ``config/``."""
    files = {f"schemas/{name}.json": _json(_schema(record)) for name, record in RECORDS.items()}
    return {**files, "asyncapi.json": _json(_asyncapi(declare(Kafka())))}


def _json(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"


def _schema(record: type[msgspec.Struct]) -> dict[str, Any]:
    return {"$schema": DIALECT, **msgspec.json.schema(record)}


def _asyncapi(topics: Topics) -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Alert noise reduction for MSPs",
            "version": "1",
            "description": "Raw alerts in, decided alerts out. Topic names are those of the "
            "default prefix; read committed records only.",
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(getattr(topics, name), name) for name in _MESSAGES},
        "operations": {name: _operation(name) for name in _MESSAGES},
        "components": {"messages": dict(_MESSAGES)},
    }


def _channel(topic: Topic, name: str) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": topic.says,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "replicas": topic.replication,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": "0.5.0",
            }
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    configuration: dict[str, Any] = {
        "cleanup.policy": [topic.cleanup.value],
        "max.message.bytes": topic.max_message_bytes,
    }
    if "retention.ms" in topic.config():
        configuration["retention.ms"] = topic.retention_ms
    return configuration


def _operation(name: str) -> dict[str, Any]:
    return {
        "action": "receive" if name in ("raw", "feedback") else "send",
        "channel": {"$ref": f"#/channels/{name}"},
        "messages": [{"$ref": f"#/channels/{name}/messages/{name}"}],
    }


def _message(says: str, record: str | None, key: str, headers: Mapping[str, str]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "summary": says,
        "payload": {"$ref": f"schemas/{record}.json"} if record else {"description": says},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}}},
    }
    if headers:
        properties = {name: {"type": "string", "description": s} for name, s in headers.items()}
        message["headers"] = {"type": "object", "properties": properties}
    return message


_TENANT = "The tenant's id."
_MESSAGES: Mapping[str, dict[str, Any]] = {
    "raw": _message(
        "A payload as its tool sent it, or a canonical alert.", None, _TENANT, RAW_HEADERS
    ),
    "enriched": _message("An alert that people should see.", "decision", _TENANT, DECISION_HEADERS),
    "suppressed": _message("An alert that was hidden.", "decision", _TENANT, DECISION_HEADERS),
    "incidents": _message("The latest state of an incident.", "incident", "The incident's id.", {}),
    "dead_letters": _message(
        "A record that could not be read, byte for byte.",
        None,
        "As on the record.",
        DEAD_LETTER_HEADERS,
    ),
    "feedback": _message("An answer, or an outcome.", "label", _TENANT, {}),
    "lessons": _message("What leaves a client that shares its answers.", "lesson", _TENANT, {}),
    "models": _message(
        "What clients that share hold of each kind of alert, and from when that counts.",
        "model",
        "The slot: the hour of the day that the model covers.",
        {},
    ),
    "mode_changes": _message(
        "What may be hidden from now on, or no longer, and why.", "mode-change", _TENANT, {}
    ),
}


def write(folder: Path) -> None:
    """Write all generated files below ``folder``."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "config"))
