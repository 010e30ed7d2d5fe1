import pytest

from local.schemas import FILES, schema_file, schema_text


@pytest.mark.parametrize("name", FILES)
def test_the_schema_of_a_config_is_the_one_its_struct_has(name: str) -> None:
    assert schema_file(name).read_text(encoding="utf-8") == schema_text(name), "run `make schemas`"
