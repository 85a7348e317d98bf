from __future__ import annotations

import pytest

from noise.sources.subject import read_subject


@pytest.mark.parametrize(
    ("raised", "cleared", "subject"),
    [
        ("Disk volume C: free space is 9%, below 10%", "Disk volume C: free space is 12%", "C:"),
        ("Service DNS is stopped (expected: running)", "Service DNS is running", "DNS"),
        ("Interface 1/0/2 changed state to down", "Interface 1/0/2 changed state to up", "1/0/2"),
        ("Event 4776 was logged 6 time(s)", "Event 4776 has not been logged again", "4776"),
        ('Backup job "A image" failed, 1 GB', 'Backup job "A image" completed', "A image"),
        ("6 failed logins for account bob", "No failed logins for account bob", "bob"),
        ("Packet loss to WAN1 is 19%, above 5%", "Packet loss to WAN1 is 0%", "WAN1"),
        ("Certificate for a.example expires in 3", "Certificate for a.example was", "a.example"),
        ("Queue Out holds 300 messages, above 250", "Queue Out holds 3 messages", "Out"),
        ("Temperature at room 2 is 30 C", "Temperature at room 2 is 20 C", "room 2"),
        ("DNS lookup of a.example failed", "DNS lookup of a.example took 3 ms", "a.example"),
        ("https://a.example/ check failed", "https://a.example/ responds", "https://a.example/"),
        ("Threat A:B/C detected", "Threat A:B/C: no further detections", "A:B/C"),
        ("Threat A:B/C detected, 5 file(s)", "Threat A:B/C is quarantined", "A:B/C"),
        ("Service Print Spooler is stopped", "Service Print Spooler is running", "Print Spooler"),
        ("The Print Spooler service has stopped", "The Print Spooler service is up",
         "Print Spooler"),
        ("Login of bob from a new address", "Login rule reset for bob", "bob"),
        ("AD replication of a.example: 3 failures", "AD replication of a.example succeeded",
         "a.example"),
        ("Disk 0 reports 5 bad sectors", "Disk 0 SMART status is normal", "Disk 0"),
        ("RAID controller 0: not optimal", "RAID controller 0: optimal", "RAID controller 0"),
        ("CPU utilization is 95%, above 90%", "CPU utilization is 3%, back below 90%", "CPU"),
        ("UPS runs on battery, charge 9%", "UPS runs on mains, charge 90%", "UPS"),
        ("Paper tray 1: level 0%, below 12%", "Paper tray 1: level 90%", "Paper tray 1"),
    ],
)  # fmt: skip
def test_raise_and_clear_are_about_the_same_thing(raised: str, cleared: str, subject: str) -> None:
    assert read_subject(raised) == read_subject(cleared) == subject


@pytest.mark.parametrize("text", [None, "", "SRV1 is offline, no contact since 5 minutes"])
def test_a_sentence_about_the_device_itself_names_nothing_else(text: str | None) -> None:
    assert read_subject(text) is None


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert read_subject("log line, " * 60 + "Service DNS is stopped") is None
