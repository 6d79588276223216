"""A chat client for the terminal: python client.py alice [room] [base URL]

Logs in, opens the room's socket, sends what you type, prints what arrives. When the gateway closes the socket because the
token ran out (4001), it fetches a new access token with the refresh token and comes back: what a page has to do as well.
"""

import asyncio
import contextlib
import json
import sys
import threading
import urllib.error
import urllib.request

import websockets


def post(url, **fields):
    request = urllib.request.Request(url, json.dumps(fields).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def typed_lines():
    """A queue of what is typed, None at its end.

    One thread reads for as long as the program runs. A reader per socket would outlive its socket, as nothing can interrupt
    a read, and would take the next socket's first line with it.
    """
    typed, loop = asyncio.Queue(), asyncio.get_running_loop()

    def read():
        for line in sys.stdin:
            loop.call_soon_threadsafe(typed.put_nowait, line.rstrip("\n"))
        loop.call_soon_threadsafe(typed.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    return typed


async def send_typed(typed, socket):
    with contextlib.suppress(websockets.ConnectionClosed):
        while (line := await typed.get()) is not None:
            await socket.send(json.dumps({"message": line}))
        await socket.close()


async def print_events(socket):
    """Until the socket closes. Returns whether anything came, which means that the token was good."""
    was_admitted = False
    with contextlib.suppress(websockets.ConnectionClosed):
        async for text in socket:
            was_admitted, event = True, json.loads(text)
            if event["type"] == "message":
                print(f"{event['username']}: {event['message']}")
            elif event["type"] == "user_status":
                print(f"* {event['username']} {'came' if event['is_online'] else 'left'}, {event['online_count']} online")
    return was_admitted


async def chat(name, room="1", base="http://127.0.0.1:8080"):
    tokens = post(f"{base}/api/token/", username=name, password="open-sesame")
    typed = typed_lines()
    while True:
        url = f"{base.replace('http', 'ws', 1)}/ws/chat/{room}/?token={tokens['access']}"
        async with websockets.connect(url, origin=base) as socket:
            typing = asyncio.create_task(send_typed(typed, socket))
            was_admitted = await print_events(socket)
            typing.cancel()
        print(f"* closed: {socket.close_code} {socket.close_reason}")
        if socket.close_code != 4001:
            return
        if not was_admitted:
            return print("* the gateway refused a fresh token: do both sides have the same JWT_SIGNING_KEY?")
        try:
            tokens |= post(f"{base}/api/token/refresh/", refresh=tokens["refresh"])
        except urllib.error.HTTPError:
            return print("* the refresh token is no longer good either: log in again")


if __name__ == "__main__":
    try:
        asyncio.run(chat(*sys.argv[1:]))
    except (OSError, websockets.InvalidHandshake) as problem:
        sys.exit(f"* {problem}")
    except KeyboardInterrupt:
        print()
