#!/usr/bin/env bash
# The promises about killed, stopped and damaged runs with their full counts: 200 kills and 20 chains of ten kills, 1000
# damaged checkpoints, 100 stops, 50 rounds of eight runs in one directory, 30 processes with the same seed for each of
# four models. The tests themselves do a tenth of it; a factor may be given. As root, the tests of a full disk run too.
#
#   scripts/reliability.sh [FACTOR]
set -euo pipefail
cd "$(dirname "$0")/.."
POLYTASK_RELIABILITY="${1:-10}" cargo test --release -p polytask --test end_to_end -- reliability --nocapture
