"""The modules that are generated from an OpenAPI document, for a small document."""

from typing import Any

import pytest

from local.typescript import limits_module, type_of, types_module

DOCUMENT: dict[str, Any] = {
    "paths": {
        "/tales": {
            "get": {
                "parameters": [
                    {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "maximum": 9}}
                ],
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tale"}}}},
                    "401": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Tale"}}}},
                },
            },
            "post": {
                "parameters": [{"name": "Key", "in": "header", "required": False, "schema": {"maxLength": 4}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewTale"}}}},
                "responses": {"204": {}},
            },
        },
        "/tales/{id}": {
            "get": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"302": {}},
            }
        },
    },
    "components": {
        "schemas": {
            "Tale": {
                "description": "A tale.\n\nTold once.",
                "properties": {"id": {"type": "string", "pattern": "^[0-9]+$"}, "kind": {"enum": ["long", "short"]}},
                "required": ["id", "kind"],
            },
            "NewTale": {
                "properties": {
                    "title": {"anyOf": [{"type": "string", "maxLength": 9}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                },
                "required": ["parts"],
            },
            "Part": {
                "properties": {
                    "voices": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "propertyNames": {"maxLength": 3},
                    },
                },
                "required": ["voices"],
            },
        }
    },
}


def test_each_schema_and_each_operation_has_its_type() -> None:
    _, _, generated = types_module(DOCUMENT).partition("\n\n")
    assert (
        generated
        == """\
/** A tale.
 *
 * Told once. */
export interface Tale {
  id: string;
  kind: "long" | "short";
}

export interface NewTale {
  title?: string | null;
  parts: Array<Part>;
}

export interface Part {
  voices: Record<string, string>;
}

export interface Get {
  "/tales": { parameters: { limit?: number }; body: undefined; response: Tale };
}

export interface Post {
  "/tales": { parameters: Record<string, never>; body: NewTale; response: undefined };
}
"""
    )


def test_only_requests_have_limits_and_those_of_what_they_contain() -> None:
    _, _, generated = limits_module(DOCUMENT).partition("\n\n")
    of_requests, _, directions = generated.partition("\nexport const DIRECTIONS = ")
    assert " whisper " in directions
    assert (
        of_requests
        == """\
export const LIMITS = {
  "NewTale": {
    "title": {
      "maxLength": 9
    }
  },
  "Part": {
    "voices": {
      "propertyNames": {
        "maxLength": 3
      }
    }
  }
};

export const PARAMETERS = {
  "limit": {
    "maximum": 9
  }
};
"""
    )


def test_a_schema_of_an_unknown_kind_is_refused_rather_than_typed_wrongly() -> None:
    with pytest.raises(ValueError, match="no type for the schema"):
        type_of({"type": "object", "properties": {}})
