#!/bin/sh
# Tries what compose.yaml starts, on a bare Debian too: `sh deploy/try.sh`. Installs npm (as root) and the packages where
# they are missing, and hands over to scripts/try-set.ts, which says what it does. Nothing that it starts is left running.
set -eu
cd "$(dirname "$0")/.."
if ! command -v npm > /dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo 'npm is not installed here: install it, and start this again.' >&2
    exit 1
  fi
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends npm
fi
if [ ! -x node_modules/.bin/node ]; then
  npm ci --no-audit --no-fund
fi
exec node_modules/.bin/node scripts/try-set.ts "$@"
