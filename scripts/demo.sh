#!/usr/bin/env bash
# Shows the main job on lab hosts that it makes itself: six hosts, Docker's network broken on some, a plan, a rollout canary first,
# and a second run that finds nothing left to do. `demo.sh down` removes the lab hosts; `demo.sh picture` only draws the plan, as
# docs/plan.svg.
set -euo pipefail
cd "$(dirname "$0")/.."
export DROVER_LAB_NAME=demo
lab=${DROVER_LAB_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/drover-lab}/$DROVER_LAB_NAME

if [ "${1:-up}" = down ]; then
  exec test/lab/lab down
fi

title() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
drover() { # shown, then run inside the lab's network
  printf '\033[2m$ drover %s\033[0m\n' "$*"
  XDG_STATE_HOME=$lab/state test/lab/lab exec -- node dist/main.js "$@" -i "$lab/inventory.yaml"
}

title 'Set-up: packages, build, six lab hosts (the first time a base image is made: two to four minutes)'
scripts/setup.sh
npm run --silent build
if test/lab/lab status >/dev/null 2>&1; then test/lab/lab reset; else test/lab/lab up --hosts 6; fi

title "Before: kvm04 to kvm06 have the right MTU, kvm03 a wrong one; then Docker's chains are flushed on kvm02 and kvm04, docker0 deleted on kvm05"
mtu() { test/lab/lab host "$1" -- sh -c "mkdir -p /etc/docker; printf '{\n  \"debug\": false,\n  \"mtu\": $2\n}\n' > /etc/docker/daemon.json; systemctl restart docker"; }
mtu kvm03 9000
for host in kvm04 kvm05 kvm06; do mtu "$host" 1400; done
for host in kvm02 kvm04; do test/lab/lab host "$host" -- sh -c 'iptables -t nat -F; iptables -t nat -X DOCKER'; done
test/lab/lab host kvm05 -- ip link delete docker0

if [ "${1:-up}" = picture ]; then
  # script(1) gives it a terminal, for colours; the live view goes to stderr.
  plan="node dist/main.js plan playbooks/docker-network.yaml -i $lab/inventory.yaml"
  test/lab/lab exec -- script -qec "stty cols 150; $plan 2>/dev/null" /dev/null |
    npx --no-install tsx scripts/picture.ts '$ drover plan playbooks/docker-network.yaml' >docs/plan.svg
  exit
fi

title 'The plan: what will happen, and nothing is touched'
drover plan playbooks/docker-network.yaml

title 'The rollout: canary first, the rest in batches'
drover run playbooks/docker-network.yaml -y

title 'Again: nothing is left to do, one look a host'
drover run playbooks/docker-network.yaml -y

title 'Look around'
cat <<TXT
  export DROVER_LAB_NAME=demo DROVER_INVENTORY=$lab/inventory.yaml XDG_STATE_HOME=$lab/state
  alias drover='$PWD/test/lab/lab exec -- node $PWD/dist/main.js'
  drover facts all                                 what the hosts are
  drover exec all -- docker network inspect bridge -f '{{.Options}}'
  drover plan playbooks/canary-rollout.yaml -D     a plan with diffs
  drover runs                                      what was done; drover rollback RUN takes it back
  test/lab/lab host kvm03 -- cat /etc/docker/daemon.json

Remove the lab hosts:  npm run demo -- down        The base image too:  test/lab/lab purge
TXT
