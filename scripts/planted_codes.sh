#!/usr/bin/env bash
# Whether a code dictionary finds planted codes again, over ten seeds: 40 tasks of one code each (mean |cosine| at least
# 0.99 from every seed) and 80 tasks of two codes each (at least 0.95 from nine seeds of ten). The test suite runs a few.
#
#   scripts/planted_codes.sh
set -euo pipefail
cd "$(dirname "$0")/.."
cargo test --release -p polytask -p polytask-training --test suite -- --ignored --nocapture ten_seeds
