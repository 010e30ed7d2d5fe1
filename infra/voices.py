"""The voices of the narrator's account, asked for at every deploy: what is missing is said before a story meets it."""

from collections.abc import Mapping

from chalicelib.errors import ConfigError, FiresideError
from chalicelib.settings import Settings

HOW = "Other voices are heard in their place. `make voices` makes a configuration of those you have; deploy it then."


def advice(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Ask with a stage's own key, keep the answer for its functions, and return what is to be said of it.

    `environment` is that of the functions. A narrator that cannot be asked is no reason to stop a deploy.
    """
    from chalicelib.bootstrap import Adapters, Services  # noqa: PLC0415 # half a second, for this command alone
    from chalicelib.pipeline.rosters import gaps  # noqa: PLC0415

    services = Services(settings, adapters=Adapters(env=environment))
    try:
        said = gaps(services.voices.voices, services.roster.ask())
    except ConfigError:
        raise
    except FiresideError:
        return ["The narrator's voices could not be asked for; the first story asks again."]
    return [f"{said} {HOW}"] if said else []
