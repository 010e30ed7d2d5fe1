"""The common base of the stand-ins for the two paid APIs: an HTTP server, a ledger of paid calls, injected faults."""
