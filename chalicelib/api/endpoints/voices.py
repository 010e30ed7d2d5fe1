"""The voices that can be chosen."""

from chalicelib.api import rendering, responses
from chalicelib.api.routes import route
from chalicelib.api.services import ApiServices
from chalicelib.api.signatures import PathText, Redirect
from chalicelib.errors import NotFound


@route("GET", "/voices")
def voices(api: ApiServices) -> responses.Voices:
    """List the voices that can be chosen."""
    return rendering.render_voices(api.voices, api.roster.known(), api.config)


@route("GET", "/voices/{voice_id}/preview")
def voice_preview(api: ApiServices, voice_id: PathText) -> Redirect:
    """Redirect to a sample of a voice, which is free of charge."""
    if url := api.roster.known().preview_url(voice_id):
        return Redirect(url)
    raise NotFound("There is no sample of this voice.")
