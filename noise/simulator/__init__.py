"""A seeded MSP: clients, devices, noise and real problems, told by real products."""

from noise.simulator.msp import Msp
from noise.simulator.outcomes import outcomes
from noise.simulator.problem import Problem
from noise.simulator.technicians import Technicians
from noise.simulator.transport import Sent

__all__ = ["Msp", "Problem", "Sent", "Technicians", "outcomes"]
