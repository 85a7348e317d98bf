from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from noise import sources
from noise.directory import Directory
from noise.label import Verdict
from noise.recorded import Recorded
from noise.sources import canonical as canonical_source
from pipelines.files import FileError, Recordings
from pipelines.files.recordings import MAX_EXAMPLES, stem_of
from pipelines.files.streams import MAX_LINE_BYTES

T = 1_780_000_000
HEADER = "time,name,ip,host,short,time_label,event_label"


def row(time: float, label: str = "-", name: str = "Wazuh: login") -> str:
    return f"{time},{name},10.0.0.1,mail,W-Sys,false_positive,{label}"


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(name: str, *lines: str | bytes) -> str:
        content = b"\n".join(line.encode() if isinstance(line, str) else line for line in lines)
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return str(path)

    return write


def read(source: str, *paths: str, **options: Any) -> tuple[list[Recorded], Recordings]:
    recordings = Recordings(paths, source, Directory(), **options)
    return list(recordings), recordings


def canonical(at: float | None = None, **fields: Any) -> str:
    times = {} if at is None else {"occurred_at": f"2026-06-01T00:00:{at:06.3f}Z"}
    return json.dumps({"tenant": "acme", "check": "disk", "title": "full", **times, **fields})


# -- the order


def test_several_files_are_merged_by_time_and_keep_their_order_in_a_tie(file: Any):
    one = file("fox_alerts.csv.gz", HEADER, row(T + 2), row(T), row(T))
    two = file("santos_alerts.csv", HEADER, row(T + 1), row(T))

    recorded, recordings = read("ait-ads", one, two)

    assert [one.event for one in recorded] == ["fox:1", "fox:2", "santos:1", "santos:0", "fox:0"]
    assert [one.at for one in recorded] == [T, T, T, T + 1, T + 2]
    assert recordings.rows == 5


def test_little_memory_changes_nothing(file: Any):
    path = file("fox_alerts.csv", HEADER, *[row(T + (n * 37) % 101) for n in range(200)])

    assert read("ait-ads", path, run_bytes=2_000)[0] == read("ait-ads", path)[0]


def test_what_nobody_can_read_stays_between_its_neighbours(file: Any):
    path = file("a.jsonl", canonical(1), "{broken", canonical(3), canonical(2))

    recorded, recordings = read("canonical", path)

    assert [one.event for one in recorded] == ["a:0", "a:1", "a:3", "a:2"]
    assert not recordings.refused


def test_what_is_live_keeps_the_order_of_the_lines_and_needs_no_time(file: Any):
    path = file("a.jsonl", canonical(3), canonical(), canonical(1))

    recorded, recordings = read("canonical", path, is_live=True)

    assert [one.event for one in recorded] == ["a:0", "a:1", "a:2"]
    assert not recordings.refused


def test_two_files_of_one_name_are_refused(file: Any, tmp_path: Path):
    (tmp_path / "b").mkdir()
    paths = file("a.jsonl", ""), file("b/a.csv.gz", "")

    with pytest.raises(FileError, match="two files are called 'a'"):
        read("canonical", *paths)


def test_an_unknown_source_names_those_that_are_known(file: Any):
    with pytest.raises(
        FileError, match="no source 'nagios': use one of ait-ads, alertmanager, canonical"
    ):
        read("nagios", file("a.jsonl", "{}"))


@pytest.mark.parametrize(
    ("path", "stem"),
    [("-", "stdin"), ("x/fox_alerts.csv.gz", "fox_alerts"), ("a.b.ndjson", "a.b"), ("day", "day")],
)
def test_a_file_is_called_by_its_name_without_endings(path: str, stem: str):
    assert stem_of(path) == stem


# -- what is refused


def test_lines_without_a_time_are_refused_counted_and_the_first_few_named(file: Any):
    path = file("a.jsonl", canonical(1), "", *[canonical() for _ in range(9)])

    recorded, recordings = read("canonical", path)

    assert len(recorded) == 1
    assert recordings.refused == {"no_time": 9}
    assert len(recordings.examples) == MAX_EXAMPLES
    assert recordings.examples[0].endswith(
        "a.jsonl, row 1: neither the line nor its alert says when it was"
    )
    assert recordings.rows == 10


def test_a_line_that_is_too_long_is_refused(file: Any):
    path = file("a.jsonl", b"x" * (MAX_LINE_BYTES + 1), canonical(1))

    recorded, recordings = read("canonical", path)

    assert [one.event for one in recorded] == ["a:1"]
    assert recordings.refused == {"too_large": 1}


@pytest.mark.parametrize("time", ["-1", "nan", "inf", "1e12", "yesterday", ""])
def test_a_row_whose_time_is_none_is_refused(file: Any, time: str):
    path = file("fox_alerts.csv", HEADER, row(T), row(T).replace(str(T), time))

    assert read("ait-ads", path)[1].refused == {"no_time": 1}


@pytest.mark.parametrize(
    "line", ["1,2", row(T) + ",more", f'{T},"a\rb",c\rd,e', '"' + "x" * 200_000]
)
def test_a_row_with_other_columns_is_refused(file: Any, line: str):
    assert read("ait-ads", file("fox_alerts.csv", HEADER, line))[1].refused == {"columns": 1}


def test_a_table_without_the_columns_is_refused_whole(file: Any):
    with pytest.raises(FileError, match="no column 'name' in its first line"):
        read("ait-ads", file("fox_alerts.csv", "time,host", row(T)))


# -- the forms


def test_a_network_row_is_handed_on_without_its_truth(file: Any):
    path = file("fox_alerts.csv", HEADER, row(T), row(T + 1, "attack"), row(T + 2, name='"a, b"'))

    recorded, recordings = read("ait-ads", path)

    assert recordings.has_truth
    assert [one.truth for one in recorded] == [Verdict.NOISE, Verdict.ACTIONABLE, Verdict.NOISE]
    assert recorded[0].tenant == "fox"
    assert recorded[0].body == f"{T},Wazuh: login,10.0.0.1,mail,W-Sys".encode()
    assert b"a, b" in recorded[2].body
    assert b"false_positive" not in b"".join(one.body for one in recorded)


def test_a_network_without_truth_columns_is_read_too(file: Any):
    path = file("fox_alerts.csv", "time,name,ip,host,short", f"{T},a,10.0.0.1,mail,W")

    assert [one.truth for one in read("ait-ads", path)[0]] == [None]


def test_a_benchmark_record_says_tenant_time_and_truth(file: Any):
    lines = [json.dumps({"clock": T, "tenant": "t6", "label": n}) for n in (0, 1)]
    lines += [json.dumps({"clock": T}), json.dumps({"label": 1}), "[]"]

    recorded, recordings = read("rmm-nab", file("nab.jsonl", *lines), tenant="other")

    assert [one.tenant for one in recorded] == ["t6", "t6", "other"]
    assert [one.truth for one in recorded] == [Verdict.NOISE, Verdict.ACTIONABLE, None]
    assert recordings.refused == {"no_time": 2}


def test_a_canonical_alert_keeps_the_names_that_it_gives_itself(file: Any):
    path = file("a.jsonl", canonical(1, event_key="e1"), canonical(2, tenant=None))

    recorded, _ = read("canonical", path, tenant="other")

    assert [(one.tenant, one.event) for one in recorded] == [("acme", "e1"), ("other", "a:1")]


def test_a_canonical_alert_arrives_when_it_says_that_it_was_received(file: Any):
    path = file("a.jsonl", canonical(1, received_at="2026-06-01T00:10:00Z"), canonical(2))

    assert [one.event for one in read("canonical", path)[0]] == ["a:1", "a:0"]


@pytest.mark.parametrize("time", ["2026-06-01T00:00:00", "1960-01-01T00:00:00Z"])
def test_a_canonical_time_that_is_none_is_refused(file: Any, time: str):
    path = file("a.jsonl", canonical(occurred_at=time))

    assert read("canonical", path)[1].refused == {"no_time": 1}


def test_a_canonical_alert_whose_names_are_no_names_goes_on_as_it_is(file: Any):
    path = file("a.jsonl", canonical(1, tenant=5))

    assert [one.event for one in read("canonical", path)[0]] == ["a:0"]


def test_an_envelope_names_everything_and_its_body_goes_on_as_it_came(file: Any):
    body = '{"a":  1}'
    named = (
        f'{{"t": {T}.1234, "source": "zabbix", "tenant": "acme", "event": "e1", "body": {body}}}'
    )
    bare = f'{{"t": {T + 1}, "body": "a text, quoted: \\u00fc"}}'

    (first, second), _ = read("envelope", file("day.jsonl", named, bare), tenant="other")

    assert first == Recorded(T + 0.123, "zabbix", "acme", "e1", body.encode(), "day:0")
    assert second == Recorded(T + 1, None, "other", "day:1", "a text, quoted: ü".encode(), "day:1")


def test_an_envelope_without_a_time_takes_that_of_its_alert(file: Any):
    path = file("day.jsonl", json.dumps({"body": json.loads(canonical(5))}))

    (only,) = read("envelope", path)[0]

    assert only.at % 60 == 5


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("nothing", "envelope"),
        ('{"t": 1}', "envelope"),
        ('{"t": "now", "body": {}}', "envelope"),
        ('{"body": "\\ud800"}', "envelope"),
        ('{"t": 1e999, "body": {}}', "envelope"),
        ('{"t": -1, "body": {}}', "no_time"),
        ('{"body": ' + "[" * 100_000, "envelope"),
    ],
)
def test_a_line_that_is_no_envelope_is_refused(file: Any, line: str, reason: str):
    assert read("envelope", file("day.jsonl", line))[1].refused == {reason: 1}


def test_an_envelope_that_nobody_can_read_stays_between_its_neighbours(file: Any):
    path = file("day.jsonl", f'{{"t": {T}, "body": {{}}}}', '{"body": {}}', '{"t": 1, "body": {}}')

    recorded, recordings = read("envelope", path)

    assert [one.event for one in recorded] == ["day:2", "day:0", "day:1"]
    assert not recordings.refused


def test_any_source_of_payloads_has_one_in_each_line(file: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sources.SOURCES, "mine", canonical_source.parse)
    path = file("a.jsonl", canonical(3), canonical(1), "{broken")

    recorded, _ = read("mine", path, tenant="acme")

    assert [(one.source, one.tenant, one.event) for one in recorded] == [
        ("mine", "acme", "a:1"),
        ("mine", "acme", "a:2"),
        ("mine", "acme", "a:0"),
    ]
