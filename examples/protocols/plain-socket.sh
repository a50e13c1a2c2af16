#!/usr/bin/env bash
# Asks over REST and reads the answer from the plain socket: bash plain-socket.sh [URL] [QUESTION]
# curl opens the socket and prints what comes, but most builds cannot send frames of their own.
set -euo pipefail
url=${1:-http://127.0.0.1:8001}
question=${2:-Who am I?}

session=$(curl -sSf "$url/api/session" -H 'content-type: application/json' -d '{}' | grep -o '^{"id":"[^"]*' | cut -d'"' -f4)
curl -sSf "$url/api/session/$session/messages" -H 'content-type: application/json' -d "{\"text\":\"$question\"}" >/dev/null

frames=$(mktemp)
trap 'kill %1 2>/dev/null; rm -f "$frames"' EXIT
curl -sSN --http1.1 "$url/ws/session/$session?after=0" --output "$frames" --max-time 60 \
  -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
  -H 'Sec-WebSocket-Version: 13' -H "Sec-WebSocket-Key: $(head -c 16 /dev/urandom | base64)" &
until grep -aq '"type":"ai_response_end"' "$frames"; do
  kill -0 %1 2>/dev/null || exit 1
  sleep 0.2
done
# Each frame has two to ten bytes before its text: a line of its own in their place.
LC_ALL=C sed -E $'s/\x81(~..|[^~])\\{"type"/\\\n{"type"/g' "$frames"
echo
