"""The domain: frozen structs and pure rules. It imports nothing of Fireside but itself."""
