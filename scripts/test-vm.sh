#!/usr/bin/env bash
# The tests that need kernels of their own: makes the images of the virtual machines where they are missing, starts two, and one with
# Xen where a test of it may run, runs the tests, removes the machines.
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="vm-test-$$"
trap 'test/lab/vm down >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM

scripts/setup.sh
npm run --silent build
test/lab/vm up vm1
test/lab/vm up vm2
case "$*" in *.test.ts*) [[ $* != *xen* ]] || test/lab/vm up xen1 --xen ;; *) test/lab/vm up xen1 --xen ;; esac
test/lab/vm exec -- npx --no-install vitest run --config vitest.vm.config.ts "$@"
