#!/usr/bin/env bash
# The eight families of planted structure with their full numbers of draws and seeds, for several seeds, and the table of
# docs/planted.md: each quantity with its truth, its mark, and what was found for each seed.
#
#   scripts/planted.sh [SEED ...]        seeds 1, 101, 201, 301 and 401 if none is given; some minutes on 2 cores
#
# Needs python3. Ends with 8 if a mark was missed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- 1 101 201 301 401
cargo build --release
binary="${CARGO_TARGET_DIR:-target}/release/polytask"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
missed=0
for seed in "$@"; do
    "$binary" bench planted --seed "$seed" --json > "$folder/$seed.json" || missed=$?
    [ "$missed" -eq 0 ] || [ "$missed" -eq 8 ] || exit "$missed"
done
python3 scripts/planted_table.py "$folder" "$@"
exit "$missed"
