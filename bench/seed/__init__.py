"""What Fireside replaces, as it was described: FastAPI, Celery and Redis. It runs in an environment of its own."""
