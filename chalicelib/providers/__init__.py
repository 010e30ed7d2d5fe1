"""The two paid APIs. Their SDKs are imported here alone, and only when first used."""
