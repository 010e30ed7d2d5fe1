"""Lambda layers: programs that the functions start and do not link."""
