"""The keys of a stage: which are needed, and what is said of each that is given or not."""

from typing import Any

from infra.secrets import NAMES, NEEDED, keep, needed


class ParameterStore:
    """Parameter Store in memory."""

    def __init__(self, *kept: str) -> None:
        self.kept = {f"/fireside/dev/{name}": "old" for name in kept}

    def get_parameters(self, Names: list[str]) -> Any:  # noqa: N803 # AWS's own
        return {"InvalidParameters": [name for name in Names if name not in self.kept]}

    def put_parameter(self, **asked: Any) -> None:
        self.kept[asked["Name"]] = asked["Value"]


def said(store: ParameterStore, **given: str) -> list[str]:
    ssm: Any = store
    return list(keep(ssm, "dev", given))


def test_a_speech_server_needs_no_key_of_elevenlabs() -> None:
    assert needed({}) == NEEDED
    assert needed({"SPEECH_BASE_URL": "https://speech.example.com/v1"}) == ("OPENAI_API_KEY",)


def test_a_key_that_few_need_is_not_asked_after() -> None:
    assert set(NAMES) - set(NEEDED) == {"SPEECH_API_KEY", "WEBHOOK_SECRET"}
    assert said(ParameterStore(*NEEDED)) == [f"{name}: left as it is." for name in NEEDED]
    assert said(ParameterStore()) == [f"{name}: not given, and not in Parameter Store." for name in NEEDED]


def test_a_key_of_a_speech_server_is_kept_beside_the_others() -> None:
    store = ParameterStore(*NEEDED)
    assert said(store, SPEECH_API_KEY=" test ")[-1].startswith("SPEECH_API_KEY: kept.")
    assert store.kept["/fireside/dev/SPEECH_API_KEY"] == "test"
