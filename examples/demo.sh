#!/usr/bin/env bash
# Clones a report repository over http, runs one of its reports and shows the file it made.
# BUILD names the build directory (default: build). Leaves nothing running.
set -euo pipefail
cd "$(dirname "$0")/.."
carrel=$(realpath "${BUILD:-build}")/bin/carrel
scratch=$(mktemp -d -t carrel-demo-XXXXXX)
output="$scratch/amortisation.xlsx"
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2> /dev/null || true; fi
  rm -rf "$scratch/git" "$scratch/data" "$scratch/server.log" "$scratch/stdin"
}
trap cleanup EXIT

echo "== a bare repository with examples/python-reports, served by git's own http backend"
PYTHONPATH=tests/support /usr/bin/python3 - "$scratch/git/reports.git" << 'PYTHON'
import sys
from git_repo import GitRepo

GitRepo.from_directory("examples/python-reports", sys.argv[1]).tag("v1.0.0")
PYTHON
# The server ends with its standard input: a pipe that this script holds open.
mkfifo "$scratch/stdin"
exec 3<> "$scratch/stdin"
/usr/bin/python3 tests/support/git_http_server.py --root "$scratch/git" \
  > "$scratch/server.log" 2>&1 < "$scratch/stdin" 3>&- &
server=$!
for _ in $(seq 100); do
  grep -q '^listening ' "$scratch/server.log" && break
  sleep 0.05
done
url=$(sed -n 's/^listening //p' "$scratch/server.log")/reports.git
echo "$url"

echo
echo "== carrel run URL amortisation --ref v1.0.0 --param ..."
"$carrel" run "$url" amortisation --ref v1.0.0 --data "$scratch/data" --output "$output" \
  --param principal=12000.00 --param annual_rate=4.5 --param first_payment=2025-01-31 \
  --param term=12 --param 'extra_payments={"2025-06": 1500}'

echo
echo "== $output"
/usr/bin/python3 - "$output" << 'PYTHON'
import sys
from datetime import datetime

import openpyxl

book = openpyxl.load_workbook(sys.argv[1])
print("sheets:", ", ".join(book.sheetnames))
for row in book["Data"].iter_rows(max_row=6, values_only=True):
    cells = [str(c.date() if isinstance(c, datetime) else "" if c is None else c) for c in row]
    print("  " + "".join(cell[:14].ljust(15) for cell in cells).rstrip())
PYTHON
