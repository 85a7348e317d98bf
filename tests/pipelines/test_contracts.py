from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from noise.alert import utc
from noise.decision import encode_decided
from noise.engine import Engine
from noise.incident import encode_incident
from noise.settings import Kafka, Settings
from pipelines import contracts
from pipelines.topics import declare
from tests.factories import alert

CONFIG = Path(__file__).parents[2] / "config"
NOW = 1_780_000_000.0


@pytest.mark.parametrize("name", contracts.documents())
def test_what_others_rely_on_is_what_the_code_does(name: str):
    written = (CONFIG / name).read_text(encoding="utf-8")

    assert written == contracts.documents()[name], "run `make reference` and commit the result"


def test_all_documents_can_be_written_anew(tmp_path: Path):
    contracts.write(tmp_path)

    written = {str(f.relative_to(tmp_path)) for f in tmp_path.rglob("*.json")}
    assert written == set(contracts.documents())


def test_every_topic_but_the_workers_memory_is_described():
    declared = declare(Kafka())
    described = json.loads(contracts.documents()["asyncapi.json"])["channels"]

    addresses = {channel["address"] for channel in described.values()}
    assert addresses == {topic.name for topic in declared.all()} - {declared.changelog.name}


def test_every_reference_in_the_description_leads_somewhere():
    documents = contracts.documents()
    described = json.loads(documents["asyncapi.json"])

    for reference in references(described):
        if not reference.startswith("#/"):
            assert reference in documents
            continue
        found = described
        for step in reference[2:].split("/"):
            found = found[step]


def references(tree: object) -> list[str]:
    if isinstance(tree, list):
        return [found for branch in tree for found in references(branch)]
    if not isinstance(tree, dict):
        return []
    own = [tree["$ref"]] if "$ref" in tree else []
    return own + [found for branch in tree.values() for found in references(branch)]


def test_real_records_fit_their_schemas():
    engine = Engine(Settings())
    decided = engine.handle(alert(received_at=utc(NOW)), NOW, "raw-0-0-0")

    schemas = {
        name: json.loads(contracts.documents()[f"schemas/{name}.json"])
        for name in ("decision", "incident")
    }
    for one in decided:
        jsonschema.validate(json.loads(encode_decided(one)), schemas["decision"])
    for changed in engine.incidents():
        jsonschema.validate(json.loads(encode_incident(changed)), schemas["incident"])
