"""The version of ``connect-openapi-client`` whose behaviour this package follows."""

COMPATIBLE_WITH = "35.0"


def get_version() -> str:
    return COMPATIBLE_WITH
