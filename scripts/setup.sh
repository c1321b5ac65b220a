#!/usr/bin/env bash
# What building and testing need beyond Node 20: Debian packages that are missing, and the npm packages of the lock file.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ]; then
  echo 'setup: run it as root: the lab makes network namespaces and mounts' >&2
  exit 1
fi
declare -A packages=([sshd]=openssh-server [ssh-keygen]=openssh-client [nodeset]=clustershell [busybox]=busybox [strace]=strace [sudo]=sudo [git]=git [redis-check-rdb]=redis-tools [openssl]=openssl)
missing=()
for program in "${!packages[@]}"; do
  PATH=$PATH:/usr/sbin command -v "$program" >/dev/null || missing+=("${packages[$program]}")
done
if [ ${#missing[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update
  apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}" >/dev/null
fi
# The lock file's digest says whether node_modules is what it should be.
stamp=node_modules/.drover-lock
if [ ! -f "$stamp" ] || ! sha256sum --check --status "$stamp"; then
  npm ci --no-audit --no-fund
  sha256sum package-lock.json >"$stamp"
fi
