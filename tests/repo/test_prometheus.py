from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from noise.settings import Settings
from pipelines.app import build_metrics
from tests.programs import ROOT, promtool

PROMETHEUS = ROOT / "config" / "prometheus"
GRAFANA = ROOT / "config" / "grafana"
DASHBOARD: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "noise.json").read_text())
ENDINGS = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("_count", "_sum"),
}
GIVEN_BY_PROMETHEUS = {"job", "instance", "le"}


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels(*, kind: str | None = None) -> list[dict[str, Any]]:
    return [p for p in DASHBOARD["panels"] if (p["type"] == "row") is (kind == "row")]


def expressions() -> dict[str, str]:
    """Every question to Prometheus, by where it stands."""
    asked = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in panels():
        for target in panel["targets"]:
            asked[f"{panel['title']} {target['refId']}"] = target["expr"]
    return asked


def test_the_scrape_configuration_is_valid():
    promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_the_alert_rules_are_valid():
    promtool("check", "rules", PROMETHEUS / "alerts.yml")


def test_the_alert_rules_call_when_they_must_and_only_then():
    promtool("test", "rules", Path(__file__).with_name("alerts_test.yml"))


def test_every_alert_rule_is_tested():
    tested = Path(__file__).with_name("alerts_test.yml").read_text()

    assert [rule["alert"] for rule in rules() if rule["alert"] not in tested] == []


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_says_how_urgent_it_is_and_what_to_do(rule: dict[str, Any]):
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["description"].split()) > 10


def test_the_questions_of_the_dashboard_are_valid(tmp_path: Path):
    asked = [
        {"record": f"panel:{number}", "expr": expr.replace("$tenant", ".*")}
        for number, expr in enumerate(expressions().values())
    ]
    file = tmp_path / "dashboard.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": asked}]}))

    promtool("check", "rules", file)


@pytest.mark.parametrize(("where", "expr"), expressions().items())
def test_dashboard_and_rules_ask_only_for_metrics_and_labels_that_exist(where: str, expr: str):
    metrics = build_metrics(Settings())
    known = {
        metric.name + ending: metrics.label_names.get(metric.name + ending, ())
        for metric in metrics.registry.collect()
        for ending in ENDINGS[metric.type]
    }

    for name, chosen in re.findall(r"\b(noise_\w+)(\{[^}]*\})?", expr):
        assert name in known
        labels = set(re.findall(r"(\w+)(?:=~|!=|=)\"", chosen))
        assert labels <= {*known[name], *GIVEN_BY_PROMETHEUS}
    grouped = {word for by in re.findall(r"by \(([^)]*)\)", expr) for word in by.split(", ")}
    carried = {label for name in re.findall(r"\bnoise_\w+", expr) for label in known[name]}
    assert grouped <= {*carried, *GIVEN_BY_PROMETHEUS}


def test_every_metric_of_a_client_or_a_decision_is_on_the_dashboard():
    on_it = " ".join(expressions().values())

    for name in build_metrics(Settings()).label_names:
        assert name in on_it, f"{name} is on no panel and in no rule"


def test_the_dashboard_asks_in_the_order_of_an_on_call_person():
    assert [row["title"] for row in panels(kind="row")] == [
        "Is anything lost?",
        "Is it keeping up?",
        "How quiet is it?",
        "How often is it wrong?",
    ]


def test_no_panel_lies_on_another_and_each_explains_itself():
    taken: dict[tuple[int, int], str] = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]
                assert x < 24
    assert all(panel["description"] for panel in panels())


def test_the_dashboard_reads_from_the_provisioned_source():
    provisioned = GRAFANA / "provisioning" / "datasources" / "prometheus.yml"
    (source,) = yaml.safe_load(provisioned.read_text())["datasources"]

    used = {panel["datasource"]["uid"] for panel in panels()}
    used |= {target["datasource"]["uid"] for panel in panels() for target in panel["targets"]}
    assert used == {source["uid"]}
