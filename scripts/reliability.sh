#!/usr/bin/env bash
# The promises about killed, stopped and damaged runs with their full counts, ten times those of the tests: 200 kills and
# 20 chains of ten kills, 2500 damaged checkpoints, 100 stops and 150 signals, 50 second interrupts, 50 rounds of eight runs in
# one directory, 30 processes with the same seed for each of thirteen configs, every option of the schema, a disk of each of 36
# sizes. Then the faults that are planted at named points of the program (a worker that dies, a disk that is stuck for 60 s),
# in a build of their own. A factor may be given, and the name of a part: kills, stops, concurrency, full_disk, effects, …
#
#   scripts/reliability.sh [FACTOR [PART]]
#
# Only root may make the file systems of limited size that the tests of a full disk need.
set -euo pipefail
cd "$(dirname "$0")/.."
factor="${1:-10}"
part="${2:-}"
if [ "$(id -u)" != 0 ]; then
    echo 'skipped: the sweep over sizes of a disk and a full TMPDIR need root, to mount a tmpfs'
fi
section() { printf '\n== %s (%s s)\n' "$1" "$SECONDS"; }

section 'promises'
POLYTASK_RELIABILITY="$factor" cargo test --release -p polytask --test end_to_end -- "reliability::$part" --nocapture
section 'faults'
POLYTASK_STUCK_MS=60000 cargo test --release -p polytask --features failpoints --test end_to_end -- reliability::faults --nocapture
section 'done'
