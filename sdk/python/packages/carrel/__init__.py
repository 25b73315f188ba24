"""What Carrel itself gives to Python reports, beside the ``connect`` and ``cnct`` packages.

`carrel.http` sends `requests` and `urllib.request` through the host, `carrel.no_network` explains
the refusal of everything else. Nothing is imported here, so that the worker's start stays cheap.
"""
