#!/usr/bin/env bash
# Starts N light lab hosts, measures drover on them against a minimal loop and against OpenSSH, then through a worker, then a rollout in
# waves over three times as many, and removes them. bench.sh [HOSTS] [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/.."
hosts=${1:-100} rounds=${2:-5}
export DROVER_LAB_NAME="bench-$$"
finish() { test/lab/lab down >/dev/null 2>&1 || true; }
trap finish EXIT
trap 'exit 130' INT TERM

scripts/setup.sh
npm run --silent build
test/lab/lab up --kind light --hosts "$hosts"
lab=${DROVER_LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/drover-lab}/$DROVER_LAB_NAME
cgroup=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)/drover-$DROVER_LAB_NAME
test/lab/lab exec -- npx --no-install tsx test/bench/bench.ts "$lab" "$cgroup" "$rounds"
test/lab/lab exec -- npx --no-install tsx test/bench/workers.ts "$lab" "$rounds"
test/lab/lab down
test/lab/lab up --kind light --hosts $((hosts * 3))
test/lab/lab exec -- npx --no-install tsx test/bench/rollouts.ts "$lab" "$cgroup" "$rounds"
