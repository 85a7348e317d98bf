"""``noise check``: is everything there that a worker needs, and what is to be mended."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import click

from noise.errors import SettingsError
from noise.settings import Settings
from pipelines import kafka
from pipelines.cli import options
from pipelines.files import FileError, read_directory, read_settings
from pipelines.topics import declare

FAULTY = 1


class Finding(NamedTuple):
    """One thing that was looked at; ``mend`` is empty when it is well."""

    what: str
    says: str
    mend: str = ""


@click.command("check")
@click.option("--create", is_flag=True, help="Create the topics that are missing.")
@options.tenants_file
@options.settings_file
@options.as_json
def command(*, create: bool, tenants: str | None, settings: str | None, as_json: bool) -> int:
    """Validate configuration and connections; the exit status is 1 if anything must be mended."""
    findings = list(_findings(settings, tenants, create=create))
    if as_json:
        report = {"ok": not any(f.mend for f in findings), "findings": _plain(findings)}
        click.echo(options.pretty(report), nl=False)
    else:
        for finding in findings:
            click.echo(f"{'mend' if finding.mend else 'ok  '}  {finding.what}: {_words(finding)}")
    return FAULTY if any(finding.mend for finding in findings) else 0


def _plain(findings: list[Finding]) -> list[dict[str, str]]:
    return [finding._asdict() for finding in findings]


def _words(finding: Finding) -> str:
    return finding.mend or finding.says


def _findings(path: str | None, tenants: str | None, *, create: bool) -> Iterator[Finding]:
    try:
        settings = read_settings(path)
    except (SettingsError, FileError) as exc:
        yield Finding("settings", "", str(exc))
        return
    yield Finding("settings", f"{path or 'defaults'}, mode {settings.mode.value}")
    yield _tenants(tenants or settings.tenants_file)
    yield from _kafka(settings, create=create)


def _tenants(path: str | None) -> Finding:
    if path is None:
        return Finding("tenants", "no file is named, so nothing is known of the clients")
    try:
        directory = read_directory(path)
    except (SettingsError, FileError) as exc:
        return Finding("tenants", "", str(exc))
    return Finding("tenants", f"{path}, {len(directory)} clients")


def _kafka(settings: Settings, *, create: bool) -> Iterator[Finding]:
    broker = settings.kafka.bootstrap
    if broker is None:
        mend = "name a broker in KAFKA_BOOTSTRAP or kafka.bootstrap to create topics on it"
        says = "none is named; `noise up` and `noise demo` start one of their own"
        yield Finding("broker", says, mend if create else "")
        return
    wanted = declare(settings.kafka).all()
    try:
        created = asyncio.run(kafka.create_topics(broker, wanted)) if create else []
        faults = asyncio.run(kafka.check_topics(broker, wanted))
    except kafka.KafkaError as exc:
        yield Finding("broker", "", str(exc))
        return
    yield Finding("broker", f"{broker} answers")
    for name in created:
        yield Finding("topics", f"created {name}")
    for fault in faults:
        yield Finding("topics", "", fault)
    if not faults:
        yield Finding("topics", f"all {len(wanted)} are as they must be")
