"""A simulated MSP whose alerts go through a real Kafka, and technicians who answer them."""

from pipelines.demo.play import play
from pipelines.demo.script import Script
from pipelines.demo.summary import Summary

__all__ = ["Script", "Summary", "play"]
