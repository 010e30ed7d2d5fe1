"""The author, and the two narrators. Their SDKs are imported here alone, and only when first used."""
