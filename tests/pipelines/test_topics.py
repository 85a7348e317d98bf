from __future__ import annotations

from aiokafka.partitioner import murmur2

from noise.settings import Kafka
from pipelines import topics


def test_topics_that_carry_one_tenants_records_have_the_same_partition_count():
    declared = topics.declare(Kafka(partitions=7))

    assert {t.partitions for t in declared.all() if t is not declared.models} == {7}
    assert declared.models.partitions == 1


def test_all_names_start_with_the_prefix():
    declared = topics.declare(Kafka(prefix="acme-test"))

    assert all(topic.name.startswith("acme-test") for topic in declared.all())


def test_raw_records_and_dead_letters_take_a_body_of_ten_megabytes():
    declared = topics.declare(Kafka())

    assert declared.raw.max_message_bytes > 10_000_000
    assert declared.dead_letters.max_message_bytes > declared.raw.max_message_bytes


def test_state_and_incidents_are_compacted_and_never_expire():
    declared = topics.declare(Kafka(retention_days=1))

    for topic in (declared.changelog, declared.incidents, declared.models):
        assert topic.config()["cleanup.policy"] == "compact"
        assert "retention.ms" not in topic.config()


def test_alerts_expire_after_the_days_of_the_settings_and_answers_never():
    declared = topics.declare(Kafka(retention_days=2))

    assert declared.raw.config()["retention.ms"] == str(2 * 86_400_000)
    assert declared.feedback.config()["retention.ms"] == "-1"


def test_the_changelog_has_the_name_that_the_application_gives_it():
    settings = Kafka(prefix="x")

    assert topics.declare(settings).changelog.name == (
        f"{topics.application_id(settings)}-state-changelog"
    )


def test_a_tenant_lives_where_kafkas_default_partitioner_puts_its_key():
    for tenant in ("acme", "bakery-nord", "Café", ""):
        expected = (murmur2(tenant.encode()) & 0x7FFFFFFF) % 6
        assert topics.partition_for(tenant, 6) == expected
