"""This machine instead of AWS: embedded AWS, event sources, HTTP front, stand-in author and narrator."""
