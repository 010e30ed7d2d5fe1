"""The app that Fireside replaces, as it was described: FastAPI, Celery and Redis. It has an environment of its own."""
