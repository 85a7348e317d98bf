from __future__ import annotations

import pytest

from noise.category import MAX_SENTENCE, category_of


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("CPU > threshold", "performance"),
        ("HostHighCpuLoad", "performance"),
        ("HostDiskSpaceLow", "disk"),
        ("vfs.fs.size", "disk"),
        ("ProbeSSLCertExpiry", "certificate"),
        ("Windows service stopped", "service"),
        ("Failed logins (4625)", "security"),
        ("NINJA_BACKUP", "backup"),
        ("UPS on battery", "hardware"),
        ("Printer status", "printer"),
        ("AD replication", "directory"),
        ("Exchange queue length", "queue"),
        ("Windows event log rule", "eventlog"),
        ("agent.ping", "availability"),
        ("Device offline", "availability"),
        ("IfOperDown", "network"),
        ("icmppingloss", "network"),
        ("Patch status", "update"),
        ("FIR-MAIL01 and BIR-WEB02", None),
        ("Something else", None),
        (None, None),
    ],
)
def test_the_name_of_a_check_says_what_kind_of_trouble_it_is(text, category):
    assert category_of(text) == category


def test_the_first_telling_text_counts():
    assert category_of(None, "Component Monitor", "Queue Submission holds", "disk") == "queue"
    assert category_of() is None


def test_of_a_log_only_the_beginning_is_read():
    assert category_of("x" * MAX_SENTENCE + " disk") is None
