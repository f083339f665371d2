#!/bin/sh
# Pair this doorbell with its owner: as the user whose vault it is, while that side does not run.
# `--ask` waits for Enter first, and lets it run until then. Other words go to `latchkey pair`.
set -u
if [ "${1:-}" = --ask ]; then
  shift
  printf '\nThis doorbell is not paired yet. On your computer: latchkey owner pair --name front\n'
  printf 'Then press Enter here to begin.\n'
  read -r _ || exit 1
fi
trap 'systemctl start --no-block latchkey-capture' EXIT
systemctl stop latchkey-capture
runuser -u latchkey-capture -g latchkey -- \
  /opt/latchkey/current/bin/latchkey pair --config /etc/latchkey/door.toml "$@"
