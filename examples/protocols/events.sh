#!/usr/bin/env bash
# Asks over REST and prints the session's events, one a line, until the answer has ended:
# bash events.sh [URL] [QUESTION]
set -euo pipefail
url=${1:-http://127.0.0.1:8001}
question=${2:-Who am I?}

session=$(curl -sSf "$url/api/session" -H 'content-type: application/json' -d '{}' | grep -o '^{"id":"[^"]*' | cut -d'"' -f4)
curl -sSf "$url/api/session/$session/messages" -H 'content-type: application/json' -d "{\"text\":\"$question\"}" >/dev/null

last=0
ended=''
until [ "$ended" ]; do
  data='' id=''
  while [ ! "$ended" ] && IFS= read -r line; do
    case $line in
      'data: '*) data=${line#data: } ;;
      'id: '*) id=${line#id: } ;;
      '')
        # An empty line ends an event. Those without an id say something of the connection only.
        if [ "$id" ]; then
          echo "$data"
          case $id in *.*) ;; *) last=$id ;; esac
          case $data in '{"type":"end"'*) ended=yes ;; esac
        fi
        data='' id=''
        ;;
    esac
  done < <(exec curl -sN --get "$url/trpc/sessions.watch" --data-urlencode "input={\"id\":\"$session\"}" -H "Last-Event-ID: $last")
  kill $! 2>/dev/null || true
  [ "$ended" ] || sleep 0.5
done
