#!/usr/bin/env bash
# The tests that need hosts with rpm and dnf and the names of Red Hat's family: starts one, runs them, removes it.
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="rhel-test-$$"
trap 'test/lab/lab down >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM

test/lab/lab up --kind rhel --hosts 1
test/lab/lab exec -- npx --no-install vitest run --config vitest.rhel.config.ts "$@"
