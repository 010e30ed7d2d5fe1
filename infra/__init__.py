"""Putting Fireside on AWS: what `make deploy`, `package`, `destroy`, `secrets` and `logs` do."""
