"""Learns from technicians' answers which alerts are noise. The only place that knows River."""
