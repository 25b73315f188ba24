#!/usr/bin/env bash
# Fuzz targets over their corpora for a while: run_fuzz.sh BUILD [SECONDS [TARGET...]]
# SECONDS is wall-clock time a target, 60 by default; without a TARGET all of them, one by one. Each
# begins where the run that keep_corpus.sh kept last ended.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$1
seconds=${2:-60}
targets=("${@:3}")
if [ ${#targets[@]} = 0 ]; then
  for source in tests/fuzz/*_fuzz.cc; do targets+=("$(basename "$source" .cc)"); done
fi
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCARREL_FUZZ=ON \
  -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache > /dev/null
TIMEFORMAT='%U s of CPU time'
for name in "${targets[@]}"; do
  cmake --build "$build" --target "$name" > /dev/null
  corpus=tests/fuzz/corpus/${name%_fuzz}
  found=$(mktemp -d "${TMPDIR:-/tmp}/carrel-fuzz-XXXXXX")
  [ ! -f "$corpus.tar.xz" ] || tar -xJf "$corpus.tar.xz" -C "$found" --strip-components=1
  echo "$name: what it finds is in $found"
  time "$build/tests/$name" -max_total_time="$seconds" -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$found/" "$found" "$corpus"
done
