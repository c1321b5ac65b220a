#!/usr/bin/env bash
# All checks and the tests that fit into minutes, on a fresh Debian 12 with Node 20 as root: installs what it needs, makes its own lab
# hosts and virtual machines, removes them. A file of tests that fails is run once more, alone, on hosts as on their first boot: what
# then passes is named, and counted as passed. The last line is `N passed, N failed`, the sum over all parts.
# Runs of their own have test:long (controllers killed, hosts that vanish), test:vm (the other virtual machines) and test:rhel (an
# image of its own, and for the most part what Debian's hosts are asked here).
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="test-$$"
work=$(mktemp -d)
finish() {
  test/lab/lab down >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

part() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
check() { # a check counts as one test
  local name=$1
  shift
  part "$name"
  if "$@"; then echo "1 0 0 $name" >"$work/$name.first"; else echo "0 1 0 $name" >"$work/$name.first"; fi
}
failed_files() { awk '$2 > 0 { $1 = $2 = $3 = ""; print }' "$1"; }
suite() { # suite NAME COMMAND…: runs tests that say how each file ended; those that failed once more
  local name=$1 again
  shift
  part "$name"
  SUMMARY_FILE="$work/$name.first" "$@" || true
  # Without a word from the tests they did not run.
  [ -s "$work/$name.first" ] || echo "0 1 0 $name" >"$work/$name.first"
  mapfile -t again < <(failed_files "$work/$name.first" | grep -o 'test/.*\.test\.ts')
  [ ${#again[@]} -gt 0 ] || return 0
  part "$name, again: ${again[*]}"
  [ "$name" != 'tests on lab hosts' ] || test/lab/lab reset
  SUMMARY_FILE="$work/$name.second" "$@" "${again[@]}" || true
}

part 'packages'
scripts/setup.sh

check 'types' npx --no-install tsc --noEmit -p .
check 'lint and format' npx --no-install biome check --error-on-warnings .
check 'dead code' npx --no-install knip
check 'build' npm run --silent build

suite 'tests without lab hosts' npx --no-install vitest run
part 'lab hosts'
test/lab/lab up
suite 'tests on lab hosts' test/lab/lab exec -- npx --no-install vitest run --config vitest.lab.config.ts
test/lab/lab down
# What takes a kernel of its own, in the parts that fit in here; all of it: npm run test:vm.
suite 'tests on virtual machines' scripts/test-vm.sh test/vm/kvm-nested.test.ts test/vm/kernel-cmdline.test.ts

part 'sum'
shopt -s nullglob
awk '
  { name = $0; sub(/^[0-9]+ [0-9]+ [0-9]+ /, "", name)
    part = FILENAME; sub(/.*\//, "", part); sub(/\.[a-z]*$/, "", part)
    file = part ": " name
    # What a file said last counts.
    if (failed[file] > 0 && $2 == 0) again[file] = failed[file]
    passed[file] = $1; failed[file] = $2 }
  END { for (file in passed) { p += passed[file]; f += failed[file] }
        for (file in again) printf "passed at the second try only: %s (%d failed at the first)\n", file, again[file]
        printf "%d passed, %d failed\n", p, f; exit f > 0 }' "$work"/*.first "$work"/*.second
