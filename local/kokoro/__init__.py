"""Kokoro-82M on this machine, with its 28 English voices: an optional extra in a virtual environment of its own.

`text` and `model` make sound, `server` answers HTTP and `child` is its process; they run in .venv-kokoro, without
anything else of Fireside's. `install`, `speech_server` and `__main__` are what the rest of Fireside uses of it.
"""
