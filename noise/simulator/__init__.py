"""A seeded MSP: clients, devices, noise and real problems, told by real products."""

from noise.simulator.people import Technicians
from noise.simulator.trouble import Problem
from noise.simulator.world import Msp, Sent

__all__ = ["Msp", "Problem", "Sent", "Technicians"]
