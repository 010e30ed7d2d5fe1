"""The voices of Kokoro, and the lists of them that speech servers give out: each in a form of its own."""

from typing import Any

_NAMES = {
    "af": ("alloy", "aoede", "bella", "heart", "jessica", "kore", "nicole", "nova", "river", "sarah", "sky"),
    "am": ("adam", "echo", "eric", "fenrir", "liam", "michael", "onyx", "puck", "santa"),
    "bf": ("alice", "emma", "isabella", "lily"),
    "bm": ("daniel", "fable", "george", "lewis"),
    "ef": ("dora",),
    "ff": ("siwis",),
    "if": ("sara",),
    "jf": ("alpha",),
    "pf": ("dora",),
    "zf": ("xiaobei",),
}
VOICES = sorted(f"{kind}_{name}" for kind, names in _NAMES.items() for name in names)
"""Those of the first release; by language and gender."""

_LANGUAGES = {"a": "en-us", "b": "en-gb", "e": "es", "f": "fr-fr", "i": "it", "j": "ja", "p": "pt-br", "z": "zh"}

LISTS: dict[str, tuple[int, Any]] = {
    "kokoro": (200, {"voices": [{"id": name, "name": name} for name in VOICES]}),
    # Before 0.4.0, and since then with `?legacy=true`; lucasjinreal/Kokoros and Lex-au/Orpheus-FastAPI still do so.
    "strings": (200, {"voices": VOICES}),
    # speaches (870e1e1), executors/kokoro.py and executors/piper.py. Two models are installed: each has all voices.
    "speaches": (
        200,
        {
            "voices": [
                *(
                    {"name": name, "language": _LANGUAGES[name[0]], "gender": gender, "id": name}
                    for name in VOICES * 2
                    for gender in ["female" if name[1] == "f" else "male"]
                ),
                {"name": "lessac", "language": "en", "id": "lessac"},
            ],
            "object": "list",
        },
    ),
    # https://github.com/Blaizzy/mlx-audio/issues/742
    "mlx-audio": (200, {"object": "list", "data": [{"id": name, "name": name} for name in VOICES]}),
    # https://github.com/mudler/LocalAI/issues/11604: it has no list.
    "localai": (404, {"error": {"code": 404, "message": "Resource not found", "type": ""}}),
    "broken": (
        500,
        {
            "detail": {
                "error": "server_error",
                "message": "Failed to retrieve voice list",
                "type": "server_error",
            }
        },
    ),
}
"""Status and body of `GET /audio/voices`, by the server that answers so."""
