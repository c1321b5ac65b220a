#!/usr/bin/env bash
# The tests that need kernels of their own: makes the images of the virtual machines where they are missing, starts two, and one with
# Xen and one with an IOMMU where a test of theirs may run, runs the tests, removes the machines.
set -euo pipefail
cd "$(dirname "$0")/.."

export DROVER_LAB_NAME="vm-test-$$"
trap 'test/lab/vm down >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM

scripts/setup.sh
npm run --silent build
test/lab/vm up vm1
test/lab/vm up vm2
# wanted WORD ARG…: whether the tests that are named, or all of them, have that word in their names.
wanted() { case "${*:2}" in *.test.ts*) [[ ${*:2} == *$1* ]] ;; esac; }
! wanted xen "$@" || test/lab/vm up xen1 --xen
! wanted vfio "$@" || test/lab/vm up io --iommu amd
test/lab/vm exec -- npx --no-install vitest run --config vitest.vm.config.ts "$@"
