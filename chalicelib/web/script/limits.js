/** The limits of what a request may hold, in JSON Schema's keywords: of fields by schema, and of parameters.
 * Generated from the OpenAPI document by `make schemas`; do not edit. */

export const LIMITS = {
  "ChangeChapter": {
    "title": {
      "minLength": 1,
      "maxLength": 120
    }
  },
  "ChangeStory": {
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
    },
    "minutes_per_chapter": {
      "minimum": 1,
      "maximum": 30
    },
    "audience": {
      "minLength": 1,
      "maxLength": 200
    },
    "tone": {
      "minLength": 1,
      "maxLength": 400
    },
    "sequel_of": {
      "pattern": "^[0-9a-f]{32}$"
    },
    "text": {
      "minLength": 1,
      "maxLength": 300000
    },
    "pronunciations": {
      "maxProperties": 200,
      "propertyNames": {
        "minLength": 1,
        "maxLength": 60
      }
    }
  },
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
    },
    "minutes_per_chapter": {
      "minimum": 1,
      "maximum": 30
    },
    "audience": {
      "minLength": 1,
      "maxLength": 200
    },
    "tone": {
      "minLength": 1,
      "maxLength": 400
    },
    "sequel_of": {
      "pattern": "^[0-9a-f]{32}$"
    },
    "text": {
      "minLength": 1,
      "maxLength": 300000
    },
    "pronunciations": {
      "maxProperties": 200,
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
    "speaker": {
      "minLength": 1,
      "maxLength": 60
    },
    "text": {
      "minLength": 1,
      "maxLength": 5000
    },
    "line_id": {
      "pattern": "^[A-Za-z0-9_-]{1,32}$(?!\\n)"
    }
  },
  "Estimate": {
    "chapters": {
      "minItems": 1,
      "maxItems": 50
    },
    "again": {
      "minItems": 1,
      "maxItems": 1000
    },
    "rewrite": {
      "minimum": 1,
      "maximum": 50
    }
  },
  "MakeShare": {
    "days": {
      "minimum": 1,
      "maximum": 365
    }
  },
  "Narrate": {
    "chapters": {
      "minItems": 1,
      "maxItems": 50
    },
    "again": {
      "minItems": 1,
      "maxItems": 1000
    }
  },
  "PutBookmarks": {
    "bookmarks": {
      "maxItems": 200
    }
  },
  "SentBookmark": {
    "chapter": {
      "minimum": 1,
      "maximum": 50
    },
    "seconds": {
      "minimum": 0,
      "maximum": 86400
    },
    "bookmark_id": {
      "pattern": "^[A-Za-z0-9_-]{1,64}$(?!\\n)"
    },
    "note": {
      "maxLength": 200
    }
  },
  "PutPlace": {
    "chapter": {
      "minimum": 1,
      "maximum": 50
    },
    "seconds": {
      "minimum": 0,
      "maximum": 86400
    },
    "speed": {
      "minimum": 0.25,
      "maximum": 4.0
    }
  },
  "PutWebhook": {
    "url": {
      "minLength": 1,
      "maxLength": 2000
    }
  },
  "Restore": {
    "version": {
      "minLength": 1,
      "maxLength": 64
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
  "story_id": {
    "pattern": "^[0-9a-f]{32}$"
  },
  "number": {
    "minimum": 1,
    "maximum": 50
  },
  "month": {
    "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"
  },
  "limit": {
    "minimum": 1,
    "maximum": 100
  },
  "cursor": {
    "pattern": "^[0-9a-f]{32}$"
  },
  "task_id": {
    "pattern": "^[0-9a-f]{32}$"
  }
};

export const DIRECTIONS = "accent aggressive amused angr angrily angry annoy annoyed anxious anxiously appall applause ask awe beat bitter breath breathe breathless brisk calm cautious cheer cheerful cheerfully chuckl chuckle clap clear clears cold cough cries cruel cry curious curiously deadpan deep delight desperate determined dramatic drawn dry eager embarrass emotional emphasi emphasize emphatic excit excite exclaim exhal exhale explosion fast fearful firm flat flatly flirtatious fond footstep frantic friendly frighten frustrat frustrate gasp gentl gentle gently giggl giggle gloom groan growl grumbl grumble gulp gunshot happil happily happy harsh hesita hesitant hesitate hiss hoarse hum hush impatient inhal inhale ironic joyful laugh laughing laughter loud low mischievous moan mock mumbl mumble murmur music mutter nasal nervous nervously nostalgic pant pause playful plead poshly proud puzzl puzzled quick quiet quizzical raspy reflective regretful relie relieved reluctant resign resigned rush sad sadly sarcas sarcastic scar scared scoff scream screech serious shak shaky sharp shock short shout shy sigh silence silent sincere sing slow snap sneer snicker sniff sniffl snort sob soft solemn sorrow sorrowful stammer startl stern stutter sullen surpris surprise surprised suspicious sympathetic tear tearful tender tense thoughtful tired tone trembl trembling urgent voice warm weak wear weary wheez wheeze whimper whin whine whisper whistl wistful wonder worri worried yawn yell";
