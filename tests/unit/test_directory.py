from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest

from noise.directory import Device, load_directory, read_zone
from noise.errors import SettingsError
from tests.factories import directory

CLIENT: dict[str, Any] = {
    "tenant": "acme",
    "name": "Acme",
    "time_zone": "-07:00",
    "business_hours": {"days": "mon-fri", "from": "08:00", "to": "17:00"},
    "sites": ["Berlin"],
    "ids": {"ninjaone": {"organization": 10}, "zabbix": {"utc_offset": "+01:00"}},
    "devices": [
        {"name": "SRV1", "device_class": "server", "site": "Berlin", "ids": {"ninjaone": 1000}}
    ],
}


def offset(zone: tzinfo | None) -> timedelta | None:
    return zone.utcoffset(datetime(2026, 6, 1)) if zone else None  # noqa: DTZ001


def test_clients_are_given_in_their_order() -> None:
    known = load_directory([CLIENT, {"tenant": "zoo"}, {"tenant": "bar"}])

    assert len(known) == 3
    assert [client.tenant for client in known] == ["acme", "zoo", "bar"]


def test_a_client_is_found_by_its_name_and_by_its_id_in_a_product() -> None:
    known = load_directory([CLIENT])

    assert known.client("acme") is not None
    assert known.client("zoo") is None
    assert known.tenant_by_id("ninjaone", "organization", "10") == "acme"
    assert known.tenant_by_id("ninjaone", "organization", 10) == "acme"
    assert known.tenant_by_id("datto", "organization", 10) is None
    assert known.tenant_by_id("zabbix", "utc_offset", "+01:00") is None


def test_a_device_is_found_by_its_name_in_any_case_and_by_its_id() -> None:
    known = load_directory([CLIENT])
    device = known.device("acme", "srv1")

    assert device is not None
    assert device.name == "SRV1"
    assert known.device("acme", "SRV1") is device
    assert known.device("acme", "Srv1") is device
    assert known.device_by_id("acme", "ninjaone", 1000) is device
    assert known.device("zoo", "SRV1") is None
    assert known.device_by_id("acme", "datto", "1000") is None


def test_of_two_names_that_differ_by_case_each_is_found() -> None:
    known = directory(Device(name="SRV1", site="a"), Device(name="srv1", site="b"))
    sites = [device.site for name in ("SRV1", "srv1") if (device := known.device("acme", name))]

    assert sites == ["a", "b"]


def test_a_product_has_its_own_zone_before_the_clients() -> None:
    known = load_directory([CLIENT, {"tenant": "zoo"}])

    assert offset(known.zone("acme")) == timedelta(hours=-7)
    assert offset(known.zone("acme", "datto")) == timedelta(hours=-7)
    assert offset(known.zone("acme", "zabbix")) == timedelta(hours=1)
    assert known.zone("zoo") is None


@pytest.mark.parametrize(
    ("text", "hours"),
    [("Z", 0), ("UTC", 0), ("+05:30", 5.5), ("-0700", -7), ("-03:30", -3.5), ("Asia/Tokyo", 9)],
)
def test_a_zone_is_an_offset_or_a_name(text: str, hours: float) -> None:
    assert offset(read_zone(text)) == timedelta(hours=hours)


def test_a_named_zone_knows_its_summer() -> None:
    zone = read_zone("Europe/Berlin")

    assert datetime(2026, 7, 1, 12, tzinfo=zone).astimezone(UTC).hour == 10
    assert datetime(2026, 1, 1, 12, tzinfo=zone).astimezone(UTC).hour == 11


@pytest.mark.parametrize("text", ["", "Nowhere/Land", "+24:00", "-30:00", "../etc/passwd", "+1:00"])
def test_what_is_no_zone_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        read_zone(text)


@pytest.mark.parametrize(
    ("clients", "message"),
    [
        ([CLIENT, CLIENT], "twice"),
        ([CLIENT, {"tenant": "zoo", "ids": {"ninjaone": {"organization": "10"}}}], "both have"),
        (
            [
                {
                    "tenant": "acme",
                    "devices": [
                        {"name": "a", "ids": {"datto": 1}},
                        {"name": "b", "ids": {"datto": "1"}},
                    ],
                }
            ],
            "both have",
        ),
        ([{"tenant": ""}], r"\$\[0\].tenant"),
        ([{"tenant": "acme", "colour": "red"}], "colour"),
        ([{"tenant": "acme", "business_hours": {"from": "25:00"}}], "from"),
        ([{"tenant": "acme", "time_zone": "Nowhere/Land"}], "no time zone"),
        ({"tenant": "acme"}, "Expected `array`"),
    ],
)
def test_a_tree_that_does_not_fit_is_refused_with_its_place(clients: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_directory(clients)


def test_one_device_may_be_known_to_a_product_twice() -> None:
    device = Device(name="a", ids={"datto": 1})

    assert directory(device, device).device_by_id("acme", "datto", 1) == device
