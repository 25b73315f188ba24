"""What a fresh Python process does before the first row of a report: the imports of the peer's
runner, the descriptor, the entry point, the client. Arguments: repository, parameters file."""

import json
import os
import sys
from importlib import import_module

from connect.client import ConnectClient
from connect.reports.parser import parse
from connect.reports.renderers import get_renderer  # noqa: F401  (the runner imports it too)

root, parameters_file = sys.argv[1:]
with open(os.path.join(root, "reports.json")) as descriptor:
    report = parse(root, json.load(descriptor)).reports[0]
with open(parameters_file) as file:
    parameters = json.load(file)
sys.path.append(root)
module, function = report.entrypoint.rsplit(".", 1)
generate = getattr(import_module(module), function)
client = ConnectClient("ApiKey none", endpoint="http://127.0.0.1:9", use_specs=False)
rows = iter(generate(client, parameters, lambda value, maximum: None))
print(next(rows))
