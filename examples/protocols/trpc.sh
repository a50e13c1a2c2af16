#!/usr/bin/env bash
# Calls tRPC procedures over HTTP, without a client: bash trpc.sh [URL] [QUESTION]
set -euo pipefail
url=${1:-http://127.0.0.1:8001}
question=${2:-Who am I?}
json='content-type: application/json'

# A mutation is a POST with its input as the body; the answer is in result.data.
session=$(curl -sSf "$url/trpc/sessions.create" -H "$json" -d '{"title":"From a script"}' | grep -o '"id":"[^"]*' | head -1 | cut -d'"' -f4)
curl -sSf "$url/trpc/messages.send" -H "$json" -d "{\"sessionId\":\"$session\",\"text\":\"$question\"}"
echo
# A query is a GET with its input as JSON in the address.
running() { curl -sSf --get "$url/trpc/sessions.get" --data-urlencode "input={\"id\":\"$session\"}" | grep -q '"running":true'; }
while running; do sleep 0.2; done
# Several at once, at most 20: their names divided by commas, and each input by its number.
curl -sSf --get "$url/trpc/sessions.get,messages.list" --data-urlencode batch=1 \
  --data-urlencode "input={\"0\":{\"id\":\"$session\"},\"1\":{\"sessionId\":\"$session\"}}"
echo
