"""What is suddenly gone: a site, a host, a switch, a service."""

from __future__ import annotations

from random import Random

from noise.simulator.chance import chance, hours, minutes
from noise.simulator.checks import (
    AVAILABILITY,
    CHECK_IN,
    DNS,
    EVENT_LOG,
    INTERFACE,
    PACKET_LOSS,
    REPLICATION,
    SERVICE,
    UPS,
    WEB,
)
from noise.simulator.estate import Device
from noise.simulator.events import Event, episode, raised
from noise.simulator.quiet.passing import SERVICES
from noise.simulator.scene import Scene, When
from noise.simulator.trouble.story import Kind, Story


def site_down(scene: Scene, rng: Random, at: float) -> Story:
    """Lose a site: its firewall first, then everything behind it."""
    site = rng.choice(scene.client.sites)
    devices = scene.at_site(site)
    mended = at + hours(rng, 0.7, 6)
    events = [event for device in devices for event in _gone(rng, device, at, mended)]
    return Story(f"{site} is offline", at + 1800, tuple(devices), tuple(events))


def _gone(rng: Random, device: Device, at: float, mended: float) -> list[Event]:
    first = device.device_class == "firewall"
    noticed = at + (rng.uniform(10, 60) if first else minutes(rng, 1, 12))
    back = mended + minutes(rng, 0, 8)
    if not first and chance(rng, 0.15):
        return []  # nobody watches this one
    check = CHECK_IN if device.has_agent and chance(rng, 0.3) else AVAILABILITY
    value = rng.uniform(2, 6) if check is AVAILABILITY else rng.uniform(15, 25)
    return list(episode(rng, noticed, device, check, lasts=back - noticed, value=value))


def host_crashed(scene: Scene, rng: Random, at: float) -> Story | None:
    """Crash a virtualisation host and its guests with it; after the restart it complains."""
    hosts, others = scene.of("hv"), [one for one in scene.of("server") if one.role != "hv"]
    if not hosts:
        return None
    host = rng.choice(hosts)
    guests = rng.sample(others, min(len(others), rng.randint(2, 6)))
    mended = at + hours(rng, 0.7, 5)
    events: list[Event] = []
    for device in (host, *guests):
        down = at + minutes(rng, 0.5, 6)
        back = mended + minutes(rng, 1, 15)
        events += episode(rng, down, device, AVAILABILITY, lasts=back - down, value=4)
    events += episode(rng, mended + 600, host, EVENT_LOG, lasts=900, obj="6008", value=1)
    return Story(f"{host.name} crashed with its guests", at + 1800, (host, *guests), tuple(events))


def service_down(scene: Scene, rng: Random, at: float) -> Story | None:
    """Stop a service for good; where it answers people, its web check fails as well."""
    servers = scene.of("server")
    if not servers:
        return None
    device = rng.choice(servers)
    name = rng.choice(SERVICES)
    lasts = hours(rng, 2, 14)
    events = list(episode(rng, at, device, SERVICE, lasts=lasts, obj=name))
    if device.role in ("web", "exch", "app"):
        address = f"{'mail' if device.role == 'exch' else 'www'}.{scene.client.domain}"
        events += episode(
            rng, at + 90, device, WEB, lasts=lasts - 60, obj=address, value=503, back=200
        )
    return Story(f"{name} is down on {device.name}", at + 5400, (device,), tuple(events))


def switch_failing(scene: Scene, rng: Random, at: float) -> Story | None:
    """Lose a core switch port by port, until desks go with it."""
    cores = scene.of("core")
    if not cores:
        return None
    core = rng.choice(cores)
    behind = [one for one in scene.at_site(core.site) if one.has_agent]
    events: list[Event] = []
    for number in range(rng.randint(6, 12)):
        down = at + number * minutes(rng, 2, 5)
        obj = f"Gi1/0/{rng.randint(1, 24)}"
        events += episode(rng, down, core, INTERFACE, lasts=hours(rng, 1, 5), obj=obj)
    events += episode(
        rng, at + 120, core, PACKET_LOSS, lasts=hours(rng, 1, 5), obj=core.site, value=40
    )
    lost = rng.sample(behind, len(behind) // 3)
    for device in lost:
        down = at + minutes(rng, 3, 25)
        events += episode(rng, down, device, AVAILABILITY, lasts=hours(rng, 1, 4), value=5)
    title = f"Core switch {core.name} is failing"
    return Story(title, at + 2700, (core, *lost), tuple(events))


def directory_failing(scene: Scene, rng: Random, at: float) -> Story | None:
    """Fail a directory server: first its replication, then names, then its services."""
    controllers = scene.of("dc")
    if not controllers:
        return None
    device = rng.choice(controllers)
    domain, lasts = scene.client.domain, hours(rng, 3, 10)
    events = [
        *episode(rng, at, device, REPLICATION, lasts=lasts, obj=domain, value=rng.randint(2, 5)),
        *episode(rng, at + 900, device, DNS, lasts=lasts - 900, obj=domain, value=5000, back=20),
        *episode(rng, at + 1500, device, SERVICE, lasts=lasts - 1500, obj="Netlogon"),
        *episode(rng, at + 600, device, EVENT_LOG, lasts=900, obj="1014", value=40),
    ]
    title = f"Directory server {device.name} is failing"
    return Story(title, at + 5400, (device,), tuple(events))


def power_gone(scene: Scene, rng: Random, at: float) -> Story:
    """Cut the power: the UPS runs down, then all goes off in order, the network last."""
    site = rng.choice(scene.client.sites)
    devices = scene.at_site(site)
    supplies = [one for one in devices if one.device_class == "ups"]
    mended = at + hours(rng, 1.5, 8)
    events: list[Event] = []
    for ups in supplies:
        for step, charge in enumerate((97, 70, 35)):
            said = raised(rng, at + step * 420 + 5, ups, UPS, value=charge - rng.uniform(0, 5))
            events.append(said)
        events += episode(rng, at + 1300, ups, UPS, lasts=mended - at - 1300, value=9, back=12)
    order = {"workstation": 1, "printer": 1, "laptop": None, "server": 15, "nas": 16, "switch": 22,
             "firewall": 23, "ups": 24}  # fmt: skip
    dark = [one for one in devices if order[one.device_class] is not None]
    for device in dark:
        off = at + (order[device.device_class] or 0) * 60 + minutes(rng, 1, 4)
        back = mended + minutes(rng, 2, 15)
        events += episode(rng, off, device, AVAILABILITY, lasts=back - off, value=4)
    return Story(f"Power is gone at {site}", at + 1500, tuple(dark), tuple(events))


OUTAGES = (
    Kind(name="site_down", per_day=0.024, strikes=site_down),
    Kind(name="host_crashed", per_day=0.014, on=("hv",), strikes=host_crashed),
    Kind(name="service_down", per_day=0.006, on=("server",), strikes=service_down),
    Kind(name="switch_failing", per_day=0.013, strikes=switch_failing, when=When.WORK),
    Kind(name="directory_failing", per_day=0.015, on=("dc",), strikes=directory_failing),
    Kind(name="power_gone", per_day=0.01, strikes=power_gone),
)
