"""The pages that are made from the code: every setting, reason, topic, metric and command.

``python -m pipelines.reference config`` writes ``default.yaml`` and ``REFERENCE.md``; a test fails
when they differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

import click
import msgspec
import yaml

from noise import sources
from noise.alert import Severity
from noise.decision import HIDDEN, SHOWN, Mode, Reason
from noise.learning.feedback import LabelOutcome
from noise.matcher import Operator
from noise.settings import Kafka, Settings
from pipelines.agents import feedback, raw, sharing
from pipelines.app import build_metrics
from pipelines.broker.jars import MIRROR_VARIABLE
from pipelines.cli.main import COMMANDS, load_command, noise
from pipelines.contracts import DEAD_LETTER_HEADERS, DECISION_HEADERS, RAW_HEADERS
from pipelines.files import BOOTSTRAP_VARIABLE
from pipelines.metrics import OTHER
from pipelines.topics import Topic, declare

COLUMNS = 96
MADE = "Made from the code by `make reference`; do not edit."

WORDS = {
    "string": "text",
    "null": "nothing",
    "boolean": "true, false",
    "integer": "integer",
    "number": "number",
    "array": "a list",
    "object": "names with values",
}
ENUMS = {enum.__name__: enum for enum in (Mode, Operator, Severity)}
EXAMPLES = "config/examples/msp.yaml"
REASONS: Mapping[Reason, str] = {
    Reason.FIRST_OF_INCIDENT: "The first news of a trouble, and nothing speaks for hiding it.",
    Reason.ESCALATION: "It got worse: a higher severity, or a clearly worse value.",
    Reason.NOVEL: "Such an alert has never been seen at this client.",
    Reason.SCORE: "The model is not sure enough that it is noise.",
    Reason.PERSISTED: "It was held back and did not clear in time.",
    Reason.PROBE: "The model would hide it; now and then such an alert is shown to ask people.",
    Reason.AUDIT_SAMPLE: "It would be hidden; a random share is shown to keep the measure honest.",
    Reason.FAIL_OPEN: "Judging failed, so it is shown.",
    Reason.OBSERVE_MODE: "It would be hidden; in mode observe everything is shown, in mode earn "
    "what has not been earned.",
    Reason.INCIDENT_CHANGED: "News of an incident that people were told of; or what was hidden, "
    "when several kinds of alerts came that the client never had, another one like it was real, "
    "or mode earn no longer hides it.",
    Reason.RESOLVED: "What people were told of has cleared.",
    Reason.REPEAT: "The same condition goes on, and no reminder of it is due yet.",
    Reason.FLAPPING: "The condition comes and goes; people were told.",
    Reason.HOLDING: "Such alerts mostly clear by themselves; it is shown at hold_until if not.",
    Reason.CLEARED_WHILE_HELD: "The clear of an alert that was held: nobody was bothered.",
    Reason.INCIDENT_MEMBER: "Part of an incident that people were told of, and not worse than it.",
    Reason.LEARNED_NOISE: "Technicians answered `noise` for such alerts often enough; "
    "it is shown at hold_until, if that is set, unless it clears.",
    Reason.MAINTENANCE: "A maintenance window of the configuration covers it.",
    Reason.POLICY: "A standing rule of the configuration hides it.",
    Reason.CLEARED: "The clear of something that nobody was told of.",
}
MODES: Mapping[Mode, str] = {
    Mode.OBSERVE: "Shows everything, and says what it would have hidden.",
    Mode.ENFORCE: "Hides.",
    Mode.EARN: "Starts as if in mode observe, but for repeats, clears and what the owner ordered. "
    "What is judged noise is hidden for a class of alerts, or all of a client, when the answers "
    "show that it is under the limits (`earn`, `risk_limits`), and is shown again when they no "
    "longer do. What is critical stays in sight.",
}
DEAD_LETTERS: Mapping[str, str] = {
    "empty": "Nothing is in it, or no alert.",
    "too_large": "Larger than the raw topic takes, with what forwarding adds.",
    "too_deep": "JSON that is nested deeper than any tool nests it.",
    "wrong_encoding": "Not UTF-8.",
    "not_json": "Not JSON.",
    "wrong_shape": "JSON of another form; the header `error` names the first wrong place.",
    "unknown_source": "The header `source` names no format.",
    "no_tenant": "Neither headers nor body say whose it is.",
    "wrong_tenant": "Headers and body name different clients.",
    "unreadable": "The reader of its format failed; the worker's log has the traceback.",
    "headers": "A header is not UTF-8, too long, or no time where one belongs.",
    "several_tenants": "One record holds alerts of several clients.",
    "label": "A record of the feedback topic is no label.",
    "lesson": "A record of the topic of shared lessons is no lesson.",
    "label_failed": "Learning from a label failed; the worker's log has the traceback.",
    "other": "Anything else; it should not happen.",
}
LABEL_OUTCOMES: Mapping[str, str] = {
    LabelOutcome.LEARNED: "Its target was found, and it was learned.",
    LabelOutcome.CORRECTED: "It took the place of an earlier answer of the same person.",
    LabelOutcome.CONFLICTING: "Others had answered otherwise; the balance of all answers counts.",
    LabelOutcome.OUTDATED: "The same person had given a later answer already.",
    LabelOutcome.REPEATED: "The same answer came before; it changed nothing.",
    LabelOutcome.UNKNOWN_TARGET: "Its target has not been seen yet; it waits for it.",
    LabelOutcome.OUTCOME_MATCHED: "What really happened was matched with decisions.",
    LabelOutcome.OUTCOME_MISSED: "What really happened had been judged noise; it is shown now.",
    LabelOutcome.OUTCOME_UNMATCHED: "What really happened had no decision near it.",
}
VARIABLES = {
    BOOTSTRAP_VARIABLE: "The Kafka broker as `host:port`; counts more than `kafka.bootstrap`.",
    "XDG_STATE_HOME": "Where `noise up` and `noise demo` keep their data, unless `--data` says.",
    "XDG_CACHE_HOME": "Where the Kafka jars are kept, and uv where it had to be fetched.",
    MIRROR_VARIABLE: "A Maven repository to fetch the Kafka jars from, instead of the usual one.",
    "JAVA_HOME": "The Java that runs a local broker, if it is version 17 or newer.",
    "TMPDIR": "Where `noise replay` and `noise send` sort what does not fit in memory.",
    "NOISE_DATA": "The folder with the recorded alerts that tests and benchmarks read.",
}
STATUSES = {
    "0": "All is well.",
    "1": "Done, but something must be looked at: `check` found faults, `send` refused lines.",
    "2": "Wrong input or no broker; one sentence on the standard error stream says what to do.",
    "130": "Ended by Ctrl-C before it was done.",
}


def documents() -> dict[str, str]:
    """Return the text of each generated file by its path below ``config/``."""
    return {
        "default.yaml": "\n".join(_default_yaml()) + "\n",
        "REFERENCE.md": "\n".join(_reference()) + "\n",
    }


# -- settings


class _Sections:
    """The JSON schema of the settings, which holds the sentences, the bounds and the defaults."""

    def __init__(self) -> None:
        (_, self._parts) = msgspec.json.schema_components((Settings,), ref_template="{name}")
        self.root = self._parts["Settings"]

    def part(self, field: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the section that a field holds, None for a plain value."""
        name = next((option["$ref"] for option in _options(field) if "$ref" in option), None)
        part = self._parts.get(name) if name else None
        return part if part and "properties" in part else None

    def items(self, field: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the section that the items of a list are, None for another field."""
        return self.part(field["items"]) if "items" in field else None

    def values(self, field: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the section that the values of names with values are, None for another field."""
        inner = field.get("additionalProperties")
        return self.part(inner) if inner else None

    def named(self, name: str) -> Mapping[str, Any]:
        """Return the section that is declared under ``name``."""
        part: Mapping[str, Any] = self._parts[name]
        return part

    def words(self, field: Mapping[str, Any]) -> str:
        """Say what values a field takes."""
        return " or ".join(self._words_of(option) for option in _options(field))

    def _words_of(self, option: Mapping[str, Any]) -> str:
        if "$ref" in option:
            return ", ".join(ENUMS[option["$ref"]])
        if option.get("format") == "date-time":
            return "a time"
        if "pattern" in option:
            return f"text that fits `{option['pattern']}`"
        return WORDS[option["type"]] + _bounds(option)


def _options(field: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(field.get("anyOf", [field]))


def _bounds(option: Mapping[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    below = option.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None and below is not None:
        return f" from {low} to below {below}"
    return "" if low is None else f" from {low}"


def _default_yaml() -> Iterator[str]:
    yield "# Every setting with its default: the program runs the same without this file."
    yield f"# {MADE}"
    sections = _Sections()
    defaults = msgspec.to_builtins(Settings())
    for name, field in sections.root["properties"].items():
        yield ""
        yield from _yaml_field(sections, name, field, defaults[name], "")


def _yaml_field(
    sections: _Sections, name: str, field: Mapping[str, Any], default: Any, indent: str
) -> Iterator[str]:
    if row := sections.values(field):
        yield from _comment(_says(sections, field, ""), indent)
        yield f"{indent}{name}:"
        yield from _yaml_rows(row, default, indent + "  ")
        return
    part = sections.part(field)
    if part is None:
        yield from _comment(_says(sections, field, f"see {EXAMPLES}"), indent)
        yield f"{indent}{yaml.safe_dump({name: default}).strip()}"
        return
    yield f"{indent}# {part['description']}"
    yield f"{indent}{name}:"
    for inner, inner_field in part["properties"].items():
        yield from _yaml_field(sections, inner, inner_field, default[inner], indent + "  ")


def _yaml_rows(row: Mapping[str, Any], rows: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield one line for each row: what of it is no default, under its reason."""
    for name, given in rows.items():
        said = {key: value for key, value in given.items() if value != _default(row, key)}
        yield from _comment(said.pop("reason"), indent)
        line = yaml.safe_dump(said, default_flow_style=True, sort_keys=False, width=10_000)
        yield f"{indent}{name}: {line.strip()}"


def _default(row: Mapping[str, Any], key: str) -> Any:
    return row["properties"][key].get("default", KeyError)


def _comment(text: str, indent: str) -> Iterator[str]:
    yield from wrap(text, COLUMNS, initial_indent=f"{indent}# ", subsequent_indent=f"{indent}# ")


def _says(sections: _Sections, field: Mapping[str, Any], example: str) -> str:
    items = sections.items(field)
    if items is None or "description" in field:
        return f"{field['description']} ({sections.words(field)})"
    return f"{items['description']} ({sections.words(field)}; {example})"


def _settings_tables() -> Iterator[str]:
    sections = _Sections()
    defaults = msgspec.to_builtins(Settings())
    yield "[default.yaml](default.yaml) has all of them with their defaults; the program takes the"
    yield "path of a file like it with `--settings`. A name that is not here is an error."
    yield ""
    yield from _settings_table(sections, sections.root, defaults, "")
    for name, field in sections.root["properties"].items():
        if row := sections.values(field):
            yield from _rows_table(sections, name, field, row, defaults[name])
            continue
        part = sections.part(field) or sections.items(field)
        if part is None:
            continue
        is_list = "items" in field
        yield ""
        yield f"### `{name}`"
        yield ""
        yield part["description"] + (" A list of:" if is_list else "")
        yield ""
        prefix = f"{name}[]." if is_list else f"{name}."
        yield from _settings_table(sections, part, {} if is_list else defaults[name], prefix)
    yield ""
    yield "### Matchers"
    yield ""
    matcher = sections.named("Matcher")
    yield matcher["description"].replace("``", "`")
    yield ""
    yield from _settings_table(sections, matcher, {"op": "="}, "matchers[].")


def _rows_table(
    sections: _Sections,
    name: str,
    field: Mapping[str, Any],
    row: Mapping[str, Any],
    rows: Mapping[str, Any],
) -> Iterator[str]:
    yield ""
    yield f"### `{name}`"
    yield ""
    yield f"{field['description']} A file names what it changes or adds; what is new comes first."
    yield ""
    yield from _settings_table(sections, row, {}, f"{name}.NAME.")
    yield ""
    yield "| Row | Minutes | Why |"
    yield "|---|---|---|"
    for key, given in rows.items():
        yield f"| `{name}.{key}` | {given['minutes']} | {given['reason']} |"


def _settings_table(
    sections: _Sections, part: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str
) -> Iterator[str]:
    yield "| Setting | Values | Default | Says |"
    yield "|---|---|---|---|"
    for name, field in part["properties"].items():
        if sections.part(field) or sections.values(field):
            continue
        default = f"`{_plain(defaults[name])}`" if name in defaults else "needed"
        if name not in defaults and "default" in field:
            default = f"`{_plain(field['default'])}`"
        says = field.get("description", f"Described below; see [{EXAMPLES}](examples/msp.yaml).")
        yield f"| `{prefix}{name}` | {sections.words(field)} | {default} | {says} |"


def _plain(value: Any) -> str:
    return "none" if value is None else msgspec.json.encode(value).decode()


# -- the page


def _reference() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield MADE
    for title, lines in (
        ("Settings", _settings_tables()),
        ("Environment", _table("Variable", VARIABLES)),
        ("Modes", _table("Mode", {str(mode): says for mode, says in MODES.items()})),
        ("Reasons", _reasons()),
        ("Sources", _sources()),
        ("Topics", _topics()),
        ("Dead letters", _dead_letters()),
        ("What becomes of labels", _label_outcomes()),
        ("Metrics", _metrics()),
        ("Commands", _commands()),
    ):
        yield ""
        yield f"## {title}"
        yield ""
        yield from lines


def _table(head: str, rows: Mapping[str, str]) -> Iterator[str]:
    yield f"| {head} | Says |"
    yield "|---|---|"
    for name, says in rows.items():
        yield f"| `{name}` | {says} |"


def _reasons() -> Iterator[str]:
    for title, wanted in (("Shown", SHOWN), ("Hidden", HIDDEN)):
        yield from _table(title, {str(r): REASONS[r] for r in Reason if r in wanted})
        yield ""
    yield "What a policy shows has the reason `first_of_incident`, and its name in the explanation."


def _sources() -> Iterator[str]:
    yield "Header `source` of a raw record, and `--source` of the commands:"
    yield ", ".join(f"`{name}`" for name in sorted(sources.SOURCES)) + "."
    yield ""
    yield "`noise replay` and `noise send` read `envelope` as well: one delivery in each line, with"
    yield "`t` (epoch seconds of arrival), `source`, `tenant`, `event` and `body`."


def _topics() -> Iterator[str]:
    yield "Names begin with `kafka.prefix`; alert, feedback and incident topics have"
    yield "`kafka.partitions` partitions each. The records are in [asyncapi.json](asyncapi.json)"
    yield "and [schemas/](schemas)."
    yield ""
    yield "| Topic | Cleanup | Keeps | Says |"
    yield "|---|---|---|---|"
    for topic in declare(Kafka()).all():
        yield f"| `{topic.name}` | {topic.cleanup} | {_keeps(topic)} | {topic.says} |"
    for title, headers in (
        ("Header of a raw record", RAW_HEADERS),
        ("Header of a decision", DECISION_HEADERS),
        ("Header of a dead letter", DEAD_LETTER_HEADERS),
    ):
        yield ""
        yield from _table(title, headers)


def _keeps(topic: Topic) -> str:
    if "retention.ms" not in topic.config():
        return "the latest of each key"
    if topic.retention_ms is None or topic.retention_ms < 0:
        return "for ever"
    return "`kafka.retention_days`"


def _dead_letters() -> Iterator[str]:
    declared = dict.fromkeys(
        (*sources.REASONS, *raw.REASONS, *feedback.REASONS, *sharing.REASONS, OTHER)
    )
    yield "The header `reason` of a dead letter, and the label of `noise_dead_letters_total`:"
    yield ""
    yield from _table("Reason", {str(reason): DEAD_LETTERS[reason] for reason in declared})


def _label_outcomes() -> Iterator[str]:
    yield "The label of `noise_label_outcomes_total`:"
    yield ""
    yield from _table("Outcome", {str(o): LABEL_OUTCOMES[o] for o in LabelOutcome})


def _metrics() -> Iterator[str]:
    yield "| Metric | Kind | Labels | Says |"
    yield "|---|---|---|---|"
    metrics = build_metrics(Settings())
    for metric in sorted(metrics.registry.collect(), key=lambda m: m.name):
        name = metric.name + ("_total" if metric.type == "counter" else "")
        labels = ", ".join(f"`{label}`" for label in metrics.label_names.get(name, ()))
        yield f"| `{name}` | {metric.type} | {labels} | {metric.documentation} |"
    yield ""
    yield "A ratio of which nothing is known yet has no value. `tenant` is one of the first"
    yield "`metrics.tenants` clients, or `other`; what follows from answers has no series there."


def _commands() -> Iterator[str]:
    yield from _table("Exit status", STATUSES)
    context = click.Context(noise, info_name="noise", **noise.context_settings)
    for name in COMMANDS:
        command = load_command(name)
        inner = click.Context(
            command,
            info_name=name,
            parent=context,
            terminal_width=COLUMNS,
            max_content_width=COLUMNS,
        )
        yield ""
        yield f"### `noise {name}`"
        yield ""
        yield "```"
        yield command.get_help(inner)
        yield "```"


def write(folder: Path) -> None:
    """Write all generated files into ``folder``."""
    for name, text in documents().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "config"))
