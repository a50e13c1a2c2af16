"""Asks over REST and waits for the answer: python3 rest.py [URL] [QUESTION]      standard library only"""
import json
import sys
import time
import urllib.error
import urllib.request
import uuid


def call(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        # Every error is { message, code }, and names the fields that were wrong in `issues`.
        refusal = json.load(error)
        raise SystemExit(f"{error.code} {refusal['code']}: {refusal['message']}")


def ask(url, question):
    # With ids of your own each request can be repeated when its answer was lost: it is done once.
    session, message = str(uuid.uuid4()), str(uuid.uuid4())
    call("POST", f"{url}/api/session", {"id": session, "title": "From a script"})
    call("POST", f"{url}/api/session/{session}/messages", {"id": message, "text": question})
    while True:
        state = call("GET", f"{url}/api/session/{session}")
        if not state["running"]:
            break
        time.sleep(0.2)
    for part in state["messages"][-1]["parts"]:
        if part["type"] == "text":
            print(part["text"], end="")
        elif part["type"] == "tool":
            print(f"[{part['call']['name']}: {part['call']['status']}] ", end="")
    print()


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8001"
    question = sys.argv[2] if len(sys.argv) > 2 else "Who am I?"
    ask(url.rstrip("/"), question)
