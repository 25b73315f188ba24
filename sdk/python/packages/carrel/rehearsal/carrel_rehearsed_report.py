"""The report that a parked worker runs for practice."""

from typing import Any


def generate(
    client: Any, parameters: Any, progress_callback: Any, renderer_type: Any, extra_context: Any
) -> Any:
    for number in range(2):
        yield [number, "text", 0.5]
