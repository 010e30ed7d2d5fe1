"""The commands that put Fireside on AWS: `make deploy`, `package`, `destroy`, `secrets`, `token`, `logs` and others."""
