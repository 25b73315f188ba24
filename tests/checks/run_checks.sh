#!/usr/bin/env bash
# Format, clang-tidy, the layering of the rooms and what the threat model names: run_checks.sh BUILD
set -uo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build}
failed=0

echo "format"
git ls-files '*.cc' '*.h' | xargs clang-format-19 --dry-run --Werror || failed=1

echo "clang-tidy"
[ -f "$build/compile_commands.json" ] || make build-tests BUILD="$build" || exit 1
git ls-files 'runtime/*.cc' 'sandbox/*.cc' 'sdk/*.cc' |
  xargs -P "$(nproc)" -n 1 clang-tidy-19 -p "$build" --quiet 2> /dev/null || failed=1

echo "layering"
/usr/bin/python3 tests/checks/layering.py || failed=1

echo "threat model"
/usr/bin/python3 tests/checks/threat_model.py || failed=1

[ $failed = 0 ] && echo "checks passed"
exit $failed
