"""`python -m local.author --port 8001`: the stand-in author by itself."""

from local.author import AuthorServer
from local.standin.command import serve

if __name__ == "__main__":
    serve("python -m local.author", __doc__, AuthorServer, lambda server: f"OPENAI_BASE_URL={server.base_url}")
