"""Calls tRPC procedures over HTTP, without a client: python3 trpc.py [URL] [QUESTION]      standard library only"""
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Throughline:
    def __init__(self, url):
        self.url = url

    def query(self, procedure, value):
        """A query is a GET with its input as JSON in the address."""
        query = urllib.parse.urlencode({"input": json.dumps(value)})
        return self.call(urllib.request.Request(f"{self.url}/trpc/{procedure}?{query}"))

    def mutate(self, procedure, value):
        """A mutation is a POST with its input as the body."""
        headers = {"content-type": "application/json"}
        return self.call(urllib.request.Request(f"{self.url}/trpc/{procedure}", json.dumps(value).encode(), headers))

    def call(self, request):
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)["result"]["data"]
        except urllib.error.HTTPError as error:
            refusal = json.load(error)["error"]
            raise SystemExit(f"{refusal['data']['code']}: {refusal['message']}")


def ask(url, question):
    server = Throughline(url)
    session = server.mutate("sessions.create", {"title": "From a script"})["id"]
    server.mutate("messages.send", {"sessionId": session, "text": question})
    while server.query("sessions.get", {"id": session})["running"]:
        time.sleep(0.2)
    answer = server.query("messages.list", {"sessionId": session})["messages"][-1]
    print("".join(part["text"] for part in answer["parts"] if part["type"] == "text"))


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8001"
    question = sys.argv[2] if len(sys.argv) > 2 else "Who am I?"
    ask(url.rstrip("/"), question)
