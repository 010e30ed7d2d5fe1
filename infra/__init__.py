"""Putting Fireside on AWS: what `make deploy`, `package`, `destroy`, `secrets`, `logs` and `cost` do."""
