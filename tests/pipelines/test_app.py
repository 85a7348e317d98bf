from __future__ import annotations

from pathlib import Path

import pytest

from noise.directory import Directory
from noise.errors import SourceError
from noise.settings import load_settings
from pipelines import worker
from pipelines.app import build_app, build_metrics, transport_settings
from pipelines.arrival import Arrival, parser
from pipelines.cli.main import TROUBLE, run
from pipelines.kafka import KafkaError
from pipelines.transport import units_of

SETTINGS = load_settings({"kafka": {"prefix": "acme", "partitions": 3, "session_seconds": 12}})


def test_the_app_reads_alerts_answers_and_what_is_shared_and_nothing_else(tmp_path: Path):
    app = build_app(
        SETTINGS,
        Directory(),
        broker="127.0.0.1:1",
        metrics=build_metrics(SETTINGS),
        datadir=tmp_path,
    )

    units = units_of(app)
    assert app.conf.id == "acme-worker"
    assert units.inputs == {"acme.alerts.raw", "acme.feedback", "acme.feedback.shared"}
    assert units.table.changelog == "acme-worker-state-changelog"


def test_a_worker_gives_its_partitions_back_before_its_session_ends():
    patience = transport_settings(SETTINGS)

    assert patience.session_timeout == 12
    assert 3 * patience.heartbeat_interval < patience.session_timeout
    assert patience.drain_timeout < patience.session_timeout


def test_payloads_are_read_by_the_source_that_their_headers_name():
    parse = parser(Directory())
    arrival = Arrival("nobody", "acme", 0.0, "e1", False)

    with pytest.raises(SourceError):
        parse(b"{}", arrival)


def test_a_worker_without_any_broker_says_how_to_name_one():
    with pytest.raises(KafkaError, match="set KAFKA_BOOTSTRAP or"):
        worker.run_worker(SETTINGS, Directory())


def test_a_configuration_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert run(["worker", "--settings", str(tmp_path / "absent.yaml")]) == TROUBLE

    assert "absent.yaml cannot be read" in capsys.readouterr().err


def test_a_worker_needs_no_name_for_its_user(monkeypatch: pytest.MonkeyPatch):
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54_321)

    assert worker._folder_for_faust().name == "noise-worker-54321"
