"""What is checked, and what each product calls it. A product without a word cannot tell it.

One row per check: a new check is a new row. Problems and noise use the same rows, so that neither
the check nor its words nor its severity gives the truth away.
"""

from __future__ import annotations

import msgspec

from noise.alert import Severity


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One check. The texts take ``object``, ``value`` and ``host``.

    ``datto`` is monitor and category, ``tactical`` the check type and its readable description,
    ``zabbix`` the item key, ``wazuh`` rule id, level and description.
    """

    key: str
    category: str
    severity: Severity
    raised: str
    cleared: str
    unit: str = ""
    ninjaone: str | None = None
    datto: tuple[str, str] | None = None
    tactical: tuple[str, str] | None = None
    zabbix: str | None = None
    alertmanager: str | None = None
    wazuh: tuple[str, int, str] | None = None


CPU = Check(
    key="cpu",
    category="performance",
    severity=Severity.HIGH,
    raised="CPU utilization is {value:.0f}%, above 90% for 5 minutes",
    cleared="CPU utilization is {value:.0f}%, back below 90%",
    unit="%",
    ninjaone="CPU > threshold",
    datto=("Performance Monitor", "Performance"),
    tactical=("cpuload", "CPU Load Check -  Error Threshold: 90%"),
    zabbix="system.cpu.util",
    alertmanager="HostHighCpuLoad",
)
MEMORY = Check(
    key="memory",
    category="performance",
    severity=Severity.MEDIUM,
    raised="Memory utilization is {value:.1f}%, above 90%",
    cleared="Memory utilization is {value:.1f}%, back below 90%",
    unit="%",
    ninjaone="Memory > threshold",
    datto=("Performance Monitor", "Performance"),
    tactical=("memory", "Memory Check -  Error Threshold: 90%"),
    zabbix="vm.memory.util",
    alertmanager="HostOutOfMemory",
)
DISK = Check(
    key="disk",
    category="storage",
    severity=Severity.MEDIUM,
    raised="Disk volume {object} free space is {value:.1f}%, below 10%",
    cleared="Disk volume {object} free space is {value:.1f}%, above 10%",
    unit="%",
    ninjaone="Disk free space low",
    datto=("Disk Usage Monitor", "Storage"),
    tactical=("diskspace", "Disk Space Check: Drive {object} -  Error Threshold: 10%"),
    zabbix="vfs.fs.size[{object},pfree]",
    alertmanager="HostDiskSpaceLow",
)
DISK_CRITICAL = Check(
    key="disk_critical",
    category="storage",
    severity=Severity.HIGH,
    raised="Disk volume {object} free space is {value:.1f}%, below 5%",
    cleared="Disk volume {object} free space is {value:.1f}%, above 5%",
    unit="%",
    ninjaone="Disk free space critical",
    datto=("Disk Usage Monitor", "Storage"),
    tactical=("diskspace", "Disk Space Check: Drive {object} -  Error Threshold: 5%"),
    zabbix="vfs.fs.size[{object},pfree]",
    alertmanager="HostDiskSpaceCritical",
)
AVAILABILITY = Check(
    key="availability",
    category="availability",
    severity=Severity.HIGH,
    raised="{host} is offline, no contact since {value:.0f} minutes",
    cleared="{host} is online again",
    unit="min",
    ninjaone="Device offline",
    datto=("Online Status Monitor", "Availability"),
    tactical=("", ""),  # an alert kind of its own, not a check
    zabbix="agent.ping",
    alertmanager="InstanceDown",
)
CHECK_IN = Check(
    key="check_in",
    category="availability",
    severity=Severity.MEDIUM,
    raised="Agent on {host} has not checked in for {value:.0f} minutes",
    cleared="Agent on {host} checked in",
    unit="min",
    ninjaone="Agent check-in overdue",
    datto=("Agent Status Monitor", "Availability"),
    tactical=("", ""),
)
SERVICE = Check(
    key="service",
    category="service",
    severity=Severity.HIGH,
    raised="Service {object} is stopped (expected: running)",
    cleared="Service {object} is running",
    ninjaone="Windows service stopped",
    datto=("Service Monitor", "Service"),
    tactical=("winsvc", "Service Check: Windows service stopped {object}"),
    zabbix="service.info[{object},state]",
    alertmanager="WindowsServiceDown",
)
BACKUP = Check(
    key="backup",
    category="backup",
    severity=Severity.MEDIUM,
    raised='Backup job "{object}" failed, {value:.0f} GB transferred',
    cleared='Backup job "{object}" completed, {value:.0f} GB transferred',
    unit="GB",
    ninjaone="Backup job failed",
    datto=("Backup Monitor", "Backup"),
    tactical=("script", 'Script Check: Backup job "{object}"'),
    zabbix="backup.job[{object}]",
    alertmanager="BackupJobFailed",
)
CERTIFICATE = Check(
    key="certificate",
    category="certificate",
    severity=Severity.MEDIUM,
    raised="Certificate for {object} expires in {value:.0f} day(s)",
    cleared="Certificate for {object} was renewed, {value:.0f} days left",
    unit="d",
    ninjaone="Certificate expiry",
    datto=("Component Monitor", "Certificate"),
    tactical=("script", "Script Check: Certificate expiry {object}"),
    zabbix="web.certificate.days[{object}]",
    alertmanager="ProbeSSLCertExpiry",
)
WEB = Check(
    key="web",
    category="availability",
    severity=Severity.HIGH,
    raised="https://{object}/ check failed, status code {value:.0f}",
    cleared="https://{object}/ responds with status code {value:.0f}",
    ninjaone="HTTP check",
    datto=("Component Monitor", "Availability"),
    tactical=("script", "Script Check: HTTP check {object}"),
    zabbix="web.test.fail[{object}]",
    alertmanager="ProbeFailed",
)
PRINTER = Check(
    key="printer",
    category="printer",
    severity=Severity.LOW,
    raised="{object}: level {value:.0f}%, below 12%",
    cleared="{object}: level {value:.0f}%",
    unit="%",
    ninjaone="Printer status",
    datto=("Printer Monitor", "Printer"),
    zabbix="printer.status[{object}]",
    alertmanager="PrinterSupplyLow",
)
PACKET_LOSS = Check(
    key="packet_loss",
    category="network",
    severity=Severity.MEDIUM,
    raised="Packet loss to {object} is {value:.0f}%, above 5%",
    cleared="Packet loss to {object} is {value:.0f}%",
    unit="%",
    ninjaone="Ping packet loss",
    datto=("Ping Monitor", "Network"),
    zabbix="icmppingloss[{object}]",
    alertmanager="PacketLossHigh",
)
INTERFACE = Check(
    key="interface",
    category="network",
    severity=Severity.MEDIUM,
    raised="Interface {object} changed state to down",
    cleared="Interface {object} changed state to up",
    ninjaone="Interface status",
    datto=("SNMP Monitor", "Network"),
    zabbix="net.if.status[{object}]",
    alertmanager="IfOperDown",
)
EVENT_LOG = Check(
    key="event_log",
    category="eventlog",
    severity=Severity.MEDIUM,
    raised="Event {object} was logged {value:.0f} time(s) in the last 15 minutes",
    cleared="Event {object} has not been logged again",
    unit="events",
    ninjaone="Windows event log rule",
    datto=("Event Log Monitor", "Eventlog"),
    tactical=("eventlog", "Event Log Check: Windows event log rule {object}"),
    zabbix="eventlog[System,{object}]",
    alertmanager="WindowsEventRule",
)
RAID = Check(
    key="raid",
    category="hardware",
    severity=Severity.HIGH,
    raised="RAID controller {object}: state not optimal, {value:.0f} member(s) affected",
    cleared="RAID controller {object}: state optimal",
    unit="members",
    ninjaone="RAID health status",
    datto=("Component Monitor", "Hardware"),
    tactical=("script", "Script Check: RAID health status {object}"),
    zabbix="raid.state[{object}]",
    alertmanager="RaidDegraded",
)
SMART = Check(
    key="smart",
    category="hardware",
    severity=Severity.HIGH,
    raised="Disk {object} reports {value:.0f} reallocated sectors (SMART)",
    cleared="Disk {object} reports no new reallocated sectors (SMART)",
    unit="sectors",
    ninjaone="SMART status degraded",
    datto=("Disk Health Monitor", "Hardware"),
    tactical=("script", "Script Check: SMART status degraded {object}"),
    zabbix="disk.smart[{object}]",
    alertmanager="SmartSectorsReallocated",
)
QUEUE = Check(
    key="queue",
    category="mail",
    severity=Severity.MEDIUM,
    raised="Queue {object} holds {value:.0f} messages, above 100",
    cleared="Queue {object} holds {value:.0f} messages",
    unit="messages",
    ninjaone="Exchange queue length",
    datto=("Component Monitor", "Mail"),
    tactical=("script", "Script Check: Exchange queue length {object}"),
    zabbix="mail.queue[{object}]",
    alertmanager="MailQueueLength",
)
FAILED_LOGINS = Check(
    key="failed_logins",
    category="security",
    severity=Severity.HIGH,
    raised="{value:.0f} failed logins for account {object} within 5 minutes",
    cleared="No failed logins for account {object}",
    ninjaone="Failed logins (4625)",
    datto=("Event Log Monitor", "Security"),
    tactical=("eventlog", "Event Log Check: Failed logins (4625) {object}"),
    wazuh=("60204", 10, "Multiple Windows logon failures"),
)
LOGON = Check(
    key="logon",
    category="security",
    severity=Severity.MEDIUM,
    raised="Login of {object} from a new address after {value:.0f} failures",
    cleared="No further login of {object} from a new address",
    ninjaone="Logon of interest (4624)",
    datto=("Event Log Monitor", "Security"),
    tactical=("eventlog", "Event Log Check: Logon of interest (4624) {object}"),
    wazuh=("60106", 7, "Windows logon success"),
)
FILE_INTEGRITY = Check(
    key="file_integrity",
    category="security",
    severity=Severity.MEDIUM,
    raised="File '{object}' modified; {value:.0f} file(s) changed in this scan",
    cleared="",
    wazuh=("550", 7, "Integrity checksum changed."),
)
ANTIVIRUS = Check(
    key="antivirus",
    category="security",
    severity=Severity.MEDIUM,
    raised="Threat {object} detected, {value:.0f} file(s)",
    cleared="Threat {object} is quarantined",
    unit="files",
    ninjaone="Antivirus threat (1116)",
    datto=("Antivirus Monitor", "Security"),
    tactical=("eventlog", "Event Log Check: Antivirus threat (1116) {object}"),
)
UPS = Check(
    key="ups",
    category="power",
    severity=Severity.HIGH,
    raised="UPS runs on battery, charge {value:.0f}%",
    cleared="UPS runs on mains, charge {value:.0f}%",
    unit="%",
    ninjaone="UPS on battery",
    datto=("SNMP Monitor", "Power"),
    zabbix="ups.battery.charge",
    alertmanager="UpsOnBattery",
)
TEMPERATURE = Check(
    key="temperature",
    category="environment",
    severity=Severity.MEDIUM,
    raised="Temperature at {object} is {value:.1f} C, above 28 C",
    cleared="Temperature at {object} is {value:.1f} C",
    unit="C",
    ninjaone="Temperature sensor",
    datto=("SNMP Monitor", "Environment"),
    zabbix="sensor.temp[{object}]",
    alertmanager="TemperatureHigh",
)
DNS = Check(
    key="dns",
    category="directory",
    severity=Severity.MEDIUM,
    raised="DNS lookup of {object} failed or took {value:.0f} ms",
    cleared="DNS lookup of {object} took {value:.0f} ms",
    unit="ms",
    ninjaone="DNS lookup",
    datto=("Component Monitor", "Directory"),
    tactical=("script", "Script Check: DNS lookup {object}"),
    zabbix="net.dns.record[{object}]",
    alertmanager="DnsLookupFailed",
)
REPLICATION = Check(
    key="replication",
    category="directory",
    severity=Severity.HIGH,
    raised="AD replication of {object}: {value:.0f} failures in a row",
    cleared="AD replication of {object} succeeded",
    unit="failures",
    ninjaone="AD replication",
    datto=("Component Monitor", "Directory"),
    tactical=("script", "Script Check: AD replication {object}"),
    zabbix="ad.repl.fails[{object}]",
    alertmanager="AdReplicationFailing",
)
PENDING_REBOOT = Check(
    key="pending_reboot",
    category="patching",
    severity=Severity.LOW,
    raised="A reboot has been pending for {value:.0f} day(s)",
    cleared="No reboot is pending",
    unit="d",
    ninjaone="Pending reboot",
    datto=("Component Monitor", "Patching"),
    tactical=("script", "Script Check: Pending reboot"),
)
ENCRYPTION = Check(
    key="encryption",
    category="security",
    severity=Severity.MEDIUM,
    raised="Volume {object} is not encrypted",
    cleared="Volume {object} is encrypted",
    ninjaone="BitLocker status",
    datto=("Component Monitor", "Security"),
    tactical=("script", "Script Check: BitLocker status {object}"),
)
DHCP = Check(
    key="dhcp",
    category="network",
    severity=Severity.MEDIUM,
    raised="DHCP scope {object} has {value:.0f}% of its addresses left",
    cleared="DHCP scope {object} has {value:.0f}% of its addresses left",
    unit="%",
    ninjaone="DHCP scope",
    datto=("Component Monitor", "Network"),
    tactical=("script", "Script Check: DHCP scope {object}"),
)
CLOCK = Check(
    key="clock",
    category="directory",
    severity=Severity.MEDIUM,
    raised="The clock is {value:.0f} s off",
    cleared="The clock is right",
    unit="s",
    ninjaone="Time offset",
    datto=("Component Monitor", "Directory"),
    tactical=("script", "Script Check: Time offset"),
)
LICENCE = Check(
    key="licence",
    category="licence",
    severity=Severity.MEDIUM,
    raised="{value:.0f} licences left of {object}",
    cleared="{value:.0f} licences left of {object}",
    ninjaone="Licence count",
    datto=("Component Monitor", "Licence"),
    tactical=("script", "Script Check: Licence count {object}"),
)
ACTIVITY = Check(  # what a webhook that was registered for everything sends besides alerts
    key="activity",
    category="activity",
    severity=Severity.INFO,
    raised="{object}",
    cleared="",
    ninjaone="Activity",
)

CHECKS = (
    CPU, MEMORY, DISK, DISK_CRITICAL, AVAILABILITY, CHECK_IN, SERVICE, BACKUP, CERTIFICATE, WEB,
    PRINTER, PACKET_LOSS, INTERFACE, EVENT_LOG, RAID, SMART, QUEUE, FAILED_LOGINS, LOGON,
    FILE_INTEGRITY, ANTIVIRUS, UPS, TEMPERATURE, DNS, REPLICATION, ACTIVITY,
)  # fmt: skip
# Nobody has met these before: some are the first sign of trouble, others a rule that is new.
UNSEEN = (PENDING_REBOOT, ENCRYPTION, DHCP, CLOCK, LICENCE)
