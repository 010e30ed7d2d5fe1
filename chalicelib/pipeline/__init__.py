"""The engine: steps, their order, progress, leases and failures."""
