"""docs/workflow.md says what the workflow does."""

from local.workflow_picture import FILE, text


def test_the_picture_is_that_of_the_workflow() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "run `make schemas`"
    assert 'w1["write 1"] --> w2["write 2"]' in text()
    assert "| narrate | narration | enhance, else write |" in text()
