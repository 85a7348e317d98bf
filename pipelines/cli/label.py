"""``noise label``: a technician's answer on its way to the worker."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import click
import msgspec
from aiokafka import ConsumerRecord, TopicPartition

from noise.directory import Directory
from noise.errors import SourceError
from noise.label import Label, Verdict, decode_label
from pipelines import clock, kafka
from pipelines.arrival import parser, read_arrival
from pipelines.cli import options
from pipelines.files import read_directory, read_settings
from pipelines.topics import Topics, declare
from pipelines.trouble import Trouble

INCIDENT = re.compile(r"i-[0-9a-f]{16}")
FETCH_MS = 5_000


class Target(StrEnum):
    """What an answer is about; the values are the fields of a label."""

    DECISION = "decision_id"
    INCIDENT = "incident_id"
    CONDITION = "condition_key"


@click.command("label")
@click.argument("target")
@click.argument("verdict", type=click.Choice([verdict.value for verdict in Verdict]))
@click.option("--by", "technician", required=True, metavar="NAME", help="Who says so.")
@click.option("--tenant", help="The client; needed where the target does not tell.")
@click.option("--note", help="Anything worth remembering.")
@options.settings_file
@options.as_json
def command(
    *,
    target: str,
    verdict: str,
    technician: str,
    tenant: str | None,
    note: str | None,
    settings: str | None,
    as_json: bool,
) -> None:
    """Say that TARGET was noise, or needed action.

    TARGET is the id of a decision, the id of an incident, or the key of a condition. A later answer
    of the same person on the same target corrects the earlier one.
    """
    configured = read_settings(settings)
    broker = kafka.named_broker(configured.kafka)
    names = declare(configured.kafka)
    kind = kind_of(target, names)
    if tenant is None:
        directory = read_directory(configured.tenants_file)
        tenant = asyncio.run(_tenant_of(broker, names, directory, kind, target))
    label = build_label(
        kind, target, Verdict(verdict), technician, tenant=tenant, note=note, now=clock.today()
    )
    asyncio.run(_publish(broker, names, label))
    if as_json:
        click.echo(options.pretty(msgspec.to_builtins(label)), nl=False)
    else:
        click.echo(f"{target} of {tenant} is {verdict}, says {technician}: Kafka has it")


def kind_of(target: str, names: Topics) -> Target:
    """Return what ``target`` names."""
    if INCIDENT.fullmatch(target):
        return Target.INCIDENT
    if _place(target, names) is not None:
        return Target.DECISION
    return Target.CONDITION


def _place(target: str, names: Topics) -> tuple[int, int] | None:
    """Return partition and offset of the raw record that a decision's id begins with."""
    found = re.match(re.escape(names.raw.name) + r"-(\d+)-(\d+)-\d+(\W|$)", target)
    return None if found is None else (int(found[1]), int(found[2]))


async def _tenant_of(
    broker: str, names: Topics, directory: Directory, kind: Target, target: str
) -> str:
    if kind is Target.CONDITION:
        tenant = target.partition("|")[0] if "|" in target else None
    elif kind is Target.DECISION:
        tenant = await _tenant_of_decision(broker, names, directory, target)
    else:
        tenant = await _tenant_of_incident(broker, names, target)
    if not tenant:
        raise Trouble(_unknown(kind, target))
    return tenant


def _unknown(kind: Target, target: str) -> str:
    if kind is Target.CONDITION:
        return f"{target} does not tell whose it is: name the client with --tenant"
    what = "incident" if kind is Target.INCIDENT else "decision"
    return f"Kafka has no {what} {target}: if the id is right, name the client with --tenant"


async def _tenant_of_decision(
    broker: str, names: Topics, directory: Directory, target: str
) -> str | None:
    place = _place(target, names)
    if place is None or place[0] >= names.raw.partitions:
        return None
    partition = TopicPartition(names.raw.name, place[0])
    async with kafka.reading(broker, [names.raw.name]) as consumer:
        if place[1] >= (await consumer.end_offsets([partition]))[partition]:
            return None
        consumer.seek(partition, place[1])
        records = await consumer.getmany(partition, timeout_ms=FETCH_MS, max_records=1)
    for record in records.get(partition, ()):
        return _owner(record, directory) if record.offset == place[1] else None
    return None


def _owner(record: ConsumerRecord, directory: Directory) -> str | None:
    """Return the tenant of a raw record, as the worker finds it."""
    try:
        return parser(directory)(record.value or b"", read_arrival(record))[0].tenant
    except SourceError:
        return None


async def _tenant_of_incident(broker: str, names: Topics, target: str) -> str | None:
    tenant = None
    async with kafka.reading(broker, [names.incidents.name]) as consumer:
        async for record in kafka.read_to_end(consumer):
            if record.key == target.encode() and record.value:
                tenant = msgspec.json.decode(record.value, type=_Owned).tenant
    return tenant


class _Owned(msgspec.Struct):
    tenant: str


def build_label(
    kind: Target,
    target: str,
    verdict: Verdict,
    technician: str,
    *,
    tenant: str,
    note: str | None,
    now: datetime,
) -> Label:
    """Return the answer as a record. Raises LabelError when a text is too long or empty."""
    content = "\0".join((tenant, target, verdict, technician, now.isoformat()))
    label_id = blake2b(content.encode(), digest_size=12).hexdigest()
    label = Label(
        label_id=label_id,
        tenant=tenant,
        verdict=verdict,
        technician=technician,
        labelled_at=now,
        note=note,
    )
    named = msgspec.structs.replace(label, **{kind.value: target})
    return decode_label(msgspec.json.encode(named))  # the worker must be able to read it


async def _publish(broker: str, names: Topics, label: Label) -> None:
    value = msgspec.json.encode(label)
    async with kafka.producing(broker) as producer:
        await producer.send_and_wait(names.feedback.name, value, key=label.tenant.encode())
