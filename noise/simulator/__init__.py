"""A seeded MSP: clients, devices, noise and real problems, told by real products."""
