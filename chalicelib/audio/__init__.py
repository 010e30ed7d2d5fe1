"""The sound: who speaks with which voice, narration, mastering and probing."""
