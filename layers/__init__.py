"""Lambda layers: programs that the functions start as processes rather than link."""
