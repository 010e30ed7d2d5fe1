"""Putting Fireside on AWS: what `make deploy`, `package`, `destroy`, `secrets`, `token` and `logs` do."""
