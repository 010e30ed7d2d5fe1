/** The limits of what a request may hold, in JSON Schema's keywords: of fields by schema, and of parameters.
 * Generated from the OpenAPI document by `make schemas`; do not edit. */

export const LIMITS = {
  "CreateStory": {
    "prompt": {
      "minLength": 1,
      "maxLength": 4000
    },
    "title": {
      "minLength": 1,
      "maxLength": 200
    },
    "num_chapters": {
      "minimum": 1,
      "maximum": 50
    },
    "language": {
      "maxLength": 35,
      "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$(?!\\n)"
    },
    "voices": {
      "maxProperties": 50,
      "propertyNames": {
        "minLength": 1,
        "maxLength": 60
      }
    }
  },
  "EditScript": {
    "lines": {
      "minItems": 1,
      "maxItems": 1000
    },
    "version": {
      "maxLength": 64
    }
  },
  "EditedLine": {
    "line_id": {
      "pattern": "^[A-Za-z0-9_-]{1,32}$(?!\\n)"
    },
    "speaker": {
      "minLength": 1,
      "maxLength": 60
    },
    "text": {
      "minLength": 1,
      "maxLength": 5000
    }
  },
  "Estimate": {
    "chapters": {
      "minItems": 1,
      "maxItems": 50
    },
    "rewrite": {
      "minimum": 1,
      "maximum": 50
    }
  },
  "Narrate": {
    "chapters": {
      "minItems": 1,
      "maxItems": 50
    }
  },
  "Rewrite": {
    "remark": {
      "minLength": 1,
      "maxLength": 2000
    }
  }
};

export const PARAMETERS = {
  "limit": {
    "minimum": 1,
    "maximum": 100
  },
  "cursor": {
    "pattern": "^[0-9a-f]{32}$"
  },
  "story_id": {
    "pattern": "^[0-9a-f]{32}$"
  },
  "number": {
    "minimum": 1,
    "maximum": 50
  },
  "task_id": {
    "pattern": "^[0-9a-f]{32}$"
  },
  "month": {
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"
  }
};
