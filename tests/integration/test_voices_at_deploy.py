"""The narrator's voices at a deploy: asked for with the stage's own key, and kept for its functions."""

import boto3
import pytest

from chalicelib.audio.voices import load_voices
from chalicelib.bootstrap import Services
from infra.voices import HOW, advice
from local.narrator import NarratorServer
from local.narrator.speech import Hum
from tests.support.stage import settings

ID = {voice.name: voice.voice_id for voice in load_voices().voices}


def test_what_is_missing_is_said_and_the_functions_know_it(memory_aws: None) -> None:
    session = boto3.Session(region_name=settings.region)
    session.client("ssm").put_parameter(
        Name=f"/fireside/{settings.stage}/ELEVENLABS_API_KEY", Value="test", Type="SecureString"
    )
    with NarratorServer(speech=Hum(), lacks=[ID["Rachel"]]) as narrator:
        environment = {"ELEVENLABS_BASE_URL": narrator.url}
        [said] = advice(settings, environment)
    assert said == (
        f"Of the 8 configured voices some cannot be used with the narrator's account: Rachel is not in it. {HOW}"
    )
    known = Services(settings).roster.known()
    assert (known.available(ID["Rachel"]), known.available(ID["Bill"])) == (False, True)


@pytest.mark.parametrize("lacks", [(), ("another",)])
def test_a_whole_cast_is_worth_no_word(memory_aws: None, lacks: tuple[str, ...]) -> None:
    session = boto3.Session(region_name=settings.region)
    session.client("ssm").put_parameter(
        Name=f"/fireside/{settings.stage}/ELEVENLABS_API_KEY", Value="test", Type="SecureString"
    )
    with NarratorServer(speech=Hum(), lacks=lacks) as narrator:
        assert advice(settings, {"ELEVENLABS_BASE_URL": narrator.url}) == []


def test_without_a_key_the_deploy_goes_on(memory_aws: None) -> None:
    [said] = advice(settings, {})
    assert said.startswith("The narrator's voices could not be asked for")
