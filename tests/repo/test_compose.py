from __future__ import annotations

import re
import sys
import tomllib
from typing import Any

import pytest
import yaml

from noise.settings import Settings
from pipelines import reference
from pipelines.broker.files import PROPERTIES
from pipelines.cli.main import run as run_noise
from pipelines.files import read_settings
from tests.programs import ROOT, run

FILE = ROOT / "docker-compose.yml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
KAFKA: dict[str, Any] = SERVICES["kafka"]["environment"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)
    return read_settings(str(ROOT / "config" / "compose" / "noise.yaml"))


def test_the_compose_file_fits_the_compose_specification():
    checker = [sys.executable, "-m", "check_jsonschema"]
    run([*checker, "--builtin-schema", "vendor.compose-spec", FILE])


def images() -> list[str]:
    foreign = [service["image"] for service in SERVICES.values() if "build" not in service]
    return [*foreign, *re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)]


@pytest.mark.parametrize("image", images())
def test_every_image_is_pinned_to_one_version(image: str):
    assert re.search(r":v?\d+\.\d+\.\d+(-[a-z]+)*$", image)


def test_the_broker_is_the_version_that_the_tests_run_on():
    spec = tomllib.loads((ROOT / "pipelines" / "broker" / "jgo.toml").read_text())
    (tested,) = (c for c in spec["dependencies"]["coordinates"] if ":kafka_" in c)

    assert SERVICES["kafka"]["image"] == f"apache/kafka:{tested.rpartition(':')[2]}"


def test_our_image_has_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert {service["image"] for service in OURS.values()} == {f"alert-noise:{project['version']}"}


@pytest.mark.parametrize("name", SERVICES)
def test_everything_that_is_mounted_exists(name: str):
    for mount in SERVICES[name].get("volumes", []):
        source = mount.split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists()
            assert mount.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]


def test_what_the_image_copies_exists():
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in line.split():
            assert (ROOT / source).exists()
            assert f"!{source}" in (ROOT / ".dockerignore").read_text().splitlines()


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_on_this_machine_alone(name: str):
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", SERVICES)
def test_whatever_goes_on_running_is_watched_and_started_again(name: str):
    service = SERVICES[name]
    if service["restart"] != "no":
        assert service["healthcheck"]["test"]
        assert service["restart"] == "unless-stopped"


def test_whoever_waits_for_a_service_waits_for_one_that_can_become_so():
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            assert name in SERVICES
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]
            if wanted["condition"] == "service_completed_successfully":
                assert SERVICES[name]["restart"] == "no"


def listeners(setting: str) -> dict[str, str]:
    return dict(one.split("://") for one in KAFKA[setting].split(","))


def test_the_brokers_listeners_and_what_it_tells_clients_agree():
    bound, told = listeners("KAFKA_LISTENERS"), listeners("KAFKA_ADVERTISED_LISTENERS")
    protocols = dict(o.split(":") for o in KAFKA["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    controller = KAFKA["KAFKA_CONTROLLER_LISTENER_NAMES"]

    assert set(bound) == set(protocols) == {*told, controller}
    assert KAFKA["KAFKA_INTER_BROKER_LISTENER_NAME"] in told
    for name, address in told.items():
        assert address.rpartition(":")[2] == bound[name].rpartition(":")[2]
    voter = KAFKA["KAFKA_CONTROLLER_QUORUM_VOTERS"]
    assert voter == f"{KAFKA['KAFKA_NODE_ID']}@kafka{bound[controller]}"


def test_containers_and_this_machine_reach_the_broker_where_it_says(settings: Settings):
    told = listeners("KAFKA_ADVERTISED_LISTENERS")

    inside = {service["environment"]["KAFKA_BOOTSTRAP"] for service in OURS.values()}
    assert inside == {told["INTERNAL"]} == {settings.kafka.bootstrap}
    port = told["EXTERNAL"].rpartition(":")[2]
    assert SERVICES["kafka"]["ports"] == [f"{told['EXTERNAL']}:{port}"]


def test_the_broker_keeps_what_transactions_and_tests_rely_on():
    local = dict(line.split("=", 1) for line in PROPERTIES.splitlines())
    same = [
        name
        for name in local
        if name.startswith(("offsets.", "transaction.", "auto."))
        and not name.endswith("num.partitions")  # fewer start faster
    ]

    for name in same:
        assert str(KAFKA[f"KAFKA_{name.upper().replace('.', '_')}"]) == local[name]
    (data,) = SERVICES["kafka"]["volumes"]
    assert data.endswith(f":{KAFKA['KAFKA_LOG_DIRS']}")


def test_our_services_set_only_variables_that_the_code_reads():
    for service in OURS.values():
        assert set(service["environment"]) <= set(reference.VARIABLES)


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_commands_that_exist(name: str, capsys: pytest.CaptureFixture[str]):
    command, *arguments = OURS[name]["command"]

    assert run_noise([command, "--help"]) == 0
    helped = capsys.readouterr().out
    for option in arguments:
        assert not option.startswith("--") or option in helped


def test_our_services_read_the_settings_that_are_mounted():
    for service in OURS.values():
        (mount,) = service["volumes"]
        assert service["command"][-1] == mount.split(":")[1]


def test_prometheus_finds_the_metrics_of_every_worker(settings: Settings):
    scraped = yaml.safe_load((ROOT / "config" / "prometheus" / "prometheus.yml").read_text())
    (job,) = scraped["scrape_configs"]
    (discovery,) = job["dns_sd_configs"]

    assert discovery["names"] == ["worker"]
    assert discovery["port"] == settings.metrics.port
    assert settings.metrics.address == "0.0.0.0"  # noqa: S104 - inside the container
    assert f":{settings.metrics.port}/metrics" in SERVICES["worker"]["healthcheck"]["test"][-1]
    assert f"EXPOSE {settings.metrics.port}" in DOCKERFILE


def test_grafana_finds_prometheus_and_the_dashboard():
    provisioning = ROOT / "config" / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())[
        "datasources"
    ]
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "noise.yml").read_text())[
        "providers"
    ]
    folders = {m.split(":")[1]: m.split(":")[0] for m in SERVICES["grafana"]["volumes"]}
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]

    assert source["url"] == "http://prometheus:9090"
    assert (ROOT / folders[provider["options"]["path"]] / "noise.json").is_file()
    assert home == f"{provider['options']['path']}/noise.json"


def test_the_image_runs_as_an_ordinary_user_from_hashed_requirements():
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["noise"]
    for line in re.findall(r"pip install.*", DOCKERFILE):
        assert "--require-hashes" in line or "--no-deps" in line
    assert DOCKERFILE.rstrip().endswith('ENTRYPOINT ["noise"]\nCMD ["worker"]')


def test_our_containers_may_write_nowhere_but_to_temporary_files():
    for service in OURS.values():
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - in the container
        assert service["cap_drop"] == ["ALL"]
