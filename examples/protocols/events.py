"""Watches a session over server-sent events and prints its answer, also across dropped connections.

python3 events.py [URL] [QUESTION]      Python 3.9 or later, standard library only
"""
import http.client
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

# The server is busy, restarting, or its database is away.
TRY_AGAIN = {429, 503}


def post(url, body):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def watch(url, session, after):
    """Yields (seq, event), from right after `after` on, for ever."""
    query = urllib.parse.urlencode({"input": json.dumps({"id": session})})
    while True:
        try:
            request = urllib.request.Request(f"{url}/trpc/sessions.watch?{query}", headers={"Last-Event-ID": after})
            # A ping comes every 30 s, so a connection that is silent for longer than that is dead.
            with urllib.request.urlopen(request, timeout=75) as response:
                for kind, data, seq in parse(response):
                    if kind == "serialized-error":
                        refusal = json.loads(data)
                        if refusal["data"]["httpStatus"] not in TRY_AGAIN:
                            raise RuntimeError(refusal["message"])
                        break
                    if seq is None:
                        continue
                    # Part of a long event: the log cannot continue from a seq between two whole numbers.
                    if "." not in seq:
                        after = seq
                    yield seq, json.loads(data)
        except urllib.error.HTTPError as error:
            if error.code not in TRY_AGAIN:
                raise
        except (OSError, http.client.HTTPException):
            pass  # not reached, dropped, or silent for too long
        time.sleep(0.5)


def parse(lines):
    """Yields (event, data, id) of each server-sent event."""
    kind, data, seq = "message", [], None
    for line in lines:
        field, _, value = line.decode().rstrip("\r\n").partition(": ")
        if field == "event":
            kind = value
        elif field == "data":
            data.append(value)
        elif field == "id":
            seq = value
        elif field == "":
            if data:
                yield kind, "\n".join(data), seq
            kind, data, seq = "message", [], None


def ask(url, question):
    session = post(f"{url}/api/session", {})["id"]
    post(f"{url}/api/session/{session}/messages", {"text": question})
    parts = {}
    for seq, event in watch(url, session, "0"):
        print(seq, event["type"], file=sys.stderr, flush=True)
        if event["type"] == "start":
            kept = event["message"]["parts"]
            parts = {index: encode(part["text"]) for index, part in enumerate(kept) if part["type"] == "text"}
        elif event["type"] == "chunk" and event["kind"] == "text":
            # The offset counts UTF-16 units, each of which is two bytes here.
            before = parts.get(event["part"], b"")[: event["offset"] * 2]
            parts[event["part"]] = before + encode(event["text"])
        elif event["type"] == "end":
            print("".join(parts[index].decode("utf-16-le") for index in sorted(parts)))
            return event["outcome"]


def encode(text):
    return text.encode("utf-16-le")


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8001"
    question = sys.argv[2] if len(sys.argv) > 2 else "Who am I?"
    outcome = ask(url.rstrip("/"), question)
    sys.exit(0 if outcome == "completed" else f"The answer ended as {outcome}.")
