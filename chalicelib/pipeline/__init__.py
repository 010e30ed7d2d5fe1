"""How work moves: steps, progress, leases, failures."""
