"""Decides which alerts a technician should see, and says why.

Pure: it needs no network, disk, clock or event loop to run.
"""
