from __future__ import annotations

from noise.directory import Device
from noise.sources.payload import Fields
from noise.sources.place import Place, find_place, find_tenant
from tests.factories import directory

SERVER = Device(name="srv1", device_class="server", site="Berlin", ids={"tool": 7})


def test_a_device_is_found_by_its_id_before_its_name() -> None:
    known = directory(SERVER, Device(name="other"))

    assert find_place(known, "acme", "tool", "7", "other") == Place("srv1", "server", "Berlin")


def test_a_device_is_found_by_any_of_its_names() -> None:
    found = find_place(directory(SERVER), "acme", "tool", None, None, "alias", "SRV1")

    assert found == Place("srv1", "server", "Berlin")


def test_what_the_directory_does_not_know_is_what_the_payload_says() -> None:
    known = directory(Device(name="srv1"))
    said = {"device_class": "nas", "site": "Bonn"}

    assert find_place(known, "acme", "tool", None, "srv1", **said) == Place("srv1", "nas", "Bonn")
    assert find_place(known, "acme", "tool", "9", "new", **said) == Place("new", "nas", "Bonn")


def test_a_device_without_a_name_is_called_by_its_id_or_not_at_all() -> None:
    assert find_place(directory(), "acme", "tool", "9").device == "9"
    assert find_place(directory(), "acme", "tool", None, " ").device is None


def test_a_client_is_named_by_its_id_in_the_tool_or_by_ours() -> None:
    known = directory(ids={"tool": {"customer": 7}})

    assert find_tenant(known, "tool", Fields({"customer": "7"})) == "acme"
    assert find_tenant(known, "tool", Fields({"client": "acme"})) == "acme"
    assert find_tenant(known, "tool", Fields({"client": "nobody"})) is None
