#!/usr/bin/env bash
# Keeps what a run of a fuzz target found: keep_corpus.sh BUILD TARGET FOUND...
# Minimises the inputs in the directories FOUND, the seeds and those kept before into
# corpus/TARGET.tar.xz.
set -euo pipefail
cd "$(dirname "$0")"
build=$(realpath "$1")
name=${2%_fuzz}
found=()
for directory in "${@:3}"; do found+=("$(realpath "$directory")"); done
work=$(mktemp -d "${TMPDIR:-/tmp}/carrel-fuzz-XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/kept" "$work/$name"
packed=corpus/$name.tar.xz
[ ! -f "$packed" ] || tar -xJf "$packed" -C "$work/kept" --strip-components=1
"$build/tests/${name}_fuzz" -merge=1 -rss_limit_mb=1024 -artifact_prefix="$work/" \
  "$work/$name" "corpus/$name" "$work/kept" "${found[@]}" > /dev/null 2>&1
tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  -C "$work" -cJf "$packed" "$name"
echo "$packed: $(find "$work/$name" -type f | wc -l) inputs"
