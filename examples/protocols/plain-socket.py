"""Asks over the plain WebSocket and prints the answer as it comes, also across dropped connections.

python3 plain-socket.py [URL] [QUESTION]      Python 3.9 or later, standard library only
"""
import base64
import json
import os
import socket
import ssl
import struct
import sys
import time
import uuid
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
# The server is restarting, or its database is away: connect again. Any other close code is an answer.
TRY_AGAIN = {1006, 1012, 1013}


class Closed(Exception):
    def __init__(self, code, reason):
        super().__init__(f"closed with {code}: {reason}")
        self.code = code


class Connection:
    """As much of a WebSocket (RFC 6455) as a client of this protocol needs."""

    def __init__(self, url):
        at = urlsplit(url)
        secure = at.scheme == "https"
        # The server pings every 30 s, so a connection that is silent for longer than that is dead.
        self.socket = socket.create_connection((at.hostname, at.port or (443 if secure else 80)), 75)
        if secure:
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=at.hostname)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {at.path}?{at.query} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        self.file = self.socket.makefile("rb")
        status = self.file.readline().decode().split(" ", 2)
        while self.file.readline().strip():
            pass
        if status[1:2] != ["101"]:
            reason = self.file.readline().decode().strip()
            self.close()
            # Refused before the upgrade, by an HTTP status: only a busy or closing server is worth another try.
            again = status[1:2] in (["429"], ["503"], [])
            raise Closed(1013 if again else 4000 + int(status[1]), reason)

    def send(self, payload, opcode=TEXT):
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def receive(self):
        """Returns the next text frame; answers pings on the way, which keeps the connection open."""
        while True:
            first, second = self.read(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self.read(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self.read(8))
            payload = self.read(length)
            opcode = first & 0x0F
            if opcode == TEXT:
                return payload.decode()
            if opcode == PING:
                self.send(payload, PONG)
            if opcode == CLOSE:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) > 1 else 1005
                raise Closed(code, payload[2:].decode())

    def read(self, length):
        data = self.file.read(length)
        if len(data) < length:
            raise Closed(1006, "the connection broke")
        return data

    def close(self):
        self.file.close()
        self.socket.close()


def ask(url, question):
    session, message = uuid.uuid4(), uuid.uuid4()
    answer, shown_calls, after = None, set(), 0
    while True:
        connection = None
        try:
            # 0 is the beginning of the session; from then on, the seq of the last chunk.
            connection = Connection(f"{url}/ws/session/{session}?after={after}")
            if answer is None:
                # Its id makes the message safe to send again when nobody knows whether it arrived.
                command = {"type": "user_message", "id": str(message), "content": question}
                connection.send(json.dumps(command).encode())
            while True:
                frame = json.loads(connection.receive())
                kind = frame["type"]
                if kind == "ai_response_start":
                    if frame["message_id"] == answer:
                        print("\n(The answer begins again.)")
                    answer = frame["message_id"]
                elif kind == "ai_response_chunk":
                    print(frame["content"], end="", flush=True)
                    after = frame["seq"]
                elif kind == "tool_result" and frame["call_id"] not in shown_calls:
                    shown_calls.add(frame["call_id"])
                    print(f"[{frame['name']}: {frame['status']}] ", end="", flush=True)
                elif kind == "ai_response_end":
                    print()
                    return frame["outcome"]
                elif kind == "error":
                    print(f"{frame['code']}: {frame['message']}", file=sys.stderr)
        except Closed as closed:
            if closed.code not in TRY_AGAIN:
                raise
        except OSError:
            pass  # not reached, or silent for too long
        finally:
            if connection:
                connection.close()
        time.sleep(0.5)


if __name__ == "__main__":
    url = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8001"
    question = sys.argv[2] if len(sys.argv) > 2 else "Who am I?"
    outcome = ask(url.rstrip("/"), question)
    sys.exit(0 if outcome == "completed" else f"The answer ended as {outcome}.")
