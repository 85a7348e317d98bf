"""A simulated provider's day through a real Kafka, sped up, with technicians who answer."""

from pipelines.demo.play import Play
from pipelines.demo.summary import Summary

__all__ = ["Play", "Summary"]
