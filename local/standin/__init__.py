"""What the stand-ins for the two paid APIs share: a real HTTP server, a ledger of what was bought, faults on demand."""
