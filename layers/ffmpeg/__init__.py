"""The layer with ffmpeg and ffprobe."""
