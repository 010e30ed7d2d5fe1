"""What AWS costs: one real book with every call counted, and a month in which nobody listens."""
