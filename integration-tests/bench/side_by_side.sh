#!/usr/bin/env bash
# Does a machine that two processes share do as much work as one that runs them one after the other?
# usage: side_by_side.sh MODEL [ROUNDS]      prints the seconds of both and the loss
# Each process loads the model, computes prompts and decodes (djl-quant bench), with a thread for each processor.
set -euo pipefail
model=$1
rounds=${2:-3}
root=$(cd "$(dirname "$0")/../.." && pwd)
answer() { "$root/djl-quant" bench "$model" --repeat 1 >/dev/null 2>&1; }
now() { date +%s.%N; }
"$root/djl-quant" --help >/dev/null # builds what is missing
for ((i = 1; i <= rounds; i++)); do
  begin=$(now); answer; answer; middle=$(now)
  answer & answer & wait; end=$(now)
  awk -v a="$begin" -v b="$middle" -v c="$end" -v i="$i" \
    'BEGIN { printf "round %d: one after the other %.1f s, side by side %.1f s, loss %.0f %%\n", i, b - a, c - b, 100 * ((c - b) / (b - a) - 1) }'
done
