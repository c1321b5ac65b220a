#!/usr/bin/env bash
# All checks and all tests, on a fresh Debian 12 with Node 20 as root: installs what it needs, makes its own lab hosts, removes them.
# The last line is `N passed, N failed`, the sum over all parts.
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="test-$$"
SUMMARY_FILE=$(mktemp)
export SUMMARY_FILE
finish() {
  test/lab/lab down >/dev/null 2>&1 || true
  rm -f "$SUMMARY_FILE"
}
trap finish EXIT
trap 'exit 130' INT TERM

part() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
check() { # a check counts as one test
  local name=$1
  shift
  part "$name"
  if "$@"; then echo '1 passed, 0 failed' >>"$SUMMARY_FILE"; else echo '0 passed, 1 failed' >>"$SUMMARY_FILE"; fi
}

part 'packages'
scripts/setup.sh

check 'types' npx --no-install tsc --noEmit -p .
check 'lint and format' npx --no-install biome check --error-on-warnings .
check 'dead code' npx --no-install knip
check 'build' npm run --silent build

part 'tests without lab hosts'
npx --no-install vitest run || true

part 'lab hosts'
test/lab/lab up
part 'tests on lab hosts'
test/lab/lab exec -- npx --no-install vitest run --config vitest.lab.config.ts || true

part 'sum'
awk '{ passed += $1; failed += $3; lines++ }
     END { if (lines < 6) failed++; printf "%d passed, %d failed\n", passed, failed; exit failed > 0 }' "$SUMMARY_FILE"
