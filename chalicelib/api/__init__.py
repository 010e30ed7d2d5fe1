"""The HTTP side: a request becomes a call, a result becomes a response.

Within chalicelib only this package imports Chalice.
"""
