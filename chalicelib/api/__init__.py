"""The HTTP side: a request becomes a call, a result becomes a response. Chalice is imported here alone."""
