"""What the stories ask of OpenAI's own Python client: openai_client.py URL create|resume|cancel|text [ID [AFTER]]

Writes each event as a line of JSON. A connection that is cut ends it with the status 3.
"""

import sys

import openai

url, what, *rest = sys.argv[1:]
client = openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)


def show(stream):
    for event in stream:
        print(event.model_dump_json(), flush=True)


try:
    if what == "create":
        show(client.responses.create(model="default", input=rest[0], background=True, stream=True))
    elif what == "resume":
        show(client.responses.retrieve(rest[0], stream=True, starting_after=int(rest[1])))
    elif what == "cancel":
        print(client.responses.cancel(rest[0]).model_dump_json())
    elif what == "text":
        print(client.responses.retrieve(rest[0]).model_dump_json())
except openai.APIConnectionError:
    sys.exit(3)
except Exception as error:
    # In the middle of a stream the client lets the error of its transport through.
    if type(error).__module__.split(".")[0] not in ("httpx", "httpx2", "httpcore", "httpcore2"):
        raise
    sys.exit(3)
