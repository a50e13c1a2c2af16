#!/bin/sh
# Tries what compose.yaml starts, on a bare Debian too: `sh deploy/try.sh`. Installs npm and the library that Node wants (as
# root), and the project's packages, where they are missing, and hands over to scripts/try-set.ts, which says what it does.
# Nothing that it starts is left running.
set -eu
cd "$(dirname "$0")/.."

missing=
command -v npm > /dev/null || missing=npm
ldconfig -p 2> /dev/null | grep -q libatomic.so.1 || missing="$missing libatomic1"
if [ -n "$missing" ] && command -v apt-get > /dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "These packages are not installed here: $missing. Install them as root, and start this again." >&2
    exit 1
  fi
  apt-get update
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
fi

if [ ! -x node_modules/.bin/node ] || ! node_modules/.bin/node --version > /dev/null; then
  # npm 9, which Debian 12 has, reads the lockfile's overrides wrongly; 10 is the newest that runs on its Node.
  if [ "$(npm --version | cut -d . -f 1)" -lt 10 ]; then
    npx --yes npm@10.9.4 ci --no-audit --no-fund
  else
    npm ci --no-audit --no-fund
  fi
fi
exec node_modules/.bin/node scripts/try-set.ts "$@"
