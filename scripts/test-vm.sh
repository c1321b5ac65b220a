#!/usr/bin/env bash
# The tests that need kernels of their own: makes the image of the virtual machines where it is missing, starts two, runs them, removes them.
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="vm-test-$$"
trap 'test/lab/vm down >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM

scripts/setup.sh
npm run --silent build
test/lab/vm up vm1
test/lab/vm up vm2
test/lab/vm exec -- npx --no-install vitest run --config vitest.vm.config.ts "$@"
