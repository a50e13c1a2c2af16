#!/usr/bin/env bash
# Asks over REST and waits for the answer: bash rest.sh [URL] [QUESTION]
set -euo pipefail
url=${1:-http://127.0.0.1:8001}
question=${2:-Who am I?}
json='content-type: application/json'
uuid() { cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen | tr A-Z a-z; }

# With ids of your own each request can be repeated when its answer was lost: it is done once.
session=$(uuid)
message=$(uuid)
curl -sSf "$url/api/session" -H "$json" -d "{\"id\":\"$session\",\"title\":\"From a script\"}"
echo
curl -sSf --retry 3 "$url/api/session/$session/messages" -H "$json" -d "{\"id\":\"$message\",\"text\":\"$question\"}"
echo
while curl -sSf "$url/api/session/$session/details" | grep -q '"running":true'; do sleep 0.2; done
curl -sSf "$url/api/session/$session/export?format=markdown"
