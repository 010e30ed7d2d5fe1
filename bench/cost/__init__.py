"""What AWS costs: one real book with every call counted, and the months in which nobody listens."""
