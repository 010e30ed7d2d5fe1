"""What a pattern admits: nothing that ends in a line break, which Python's `$` lets through."""

import msgspec
import pytest

from chalicelib.api.requests import CreateStory, EditScript
from chalicelib.domain.voice import Voice


@pytest.mark.parametrize(
    ("struct", "body"),
    [
        (CreateStory, {"prompt": "x", "language": "en\n"}),
        (CreateStory, {"prompt": "x", "voices": {"Ada": "v1\n"}}),
        (EditScript, {"lines": [{"line_id": "001\n", "speaker": "Ada", "text": "x"}]}),
        (
            Voice,
            {
                "voice_id": "v1\n",
                "name": "",
                "role": "",
                "gender": "male",
                "age": "old",
                "accent": "",
                "description": "",
            },
        ),
    ],
)
def test_a_line_break_at_the_end_is_refused(struct: type[msgspec.Struct], body: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(body, struct)
