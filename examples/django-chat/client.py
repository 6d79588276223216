"""A chat client for the terminal: python client.py alice [room] [base URL]

Logs in, opens the room's socket, sends what you type, prints what arrives. When the gateway closes the socket because the
token ran out (4001), it fetches a new access token with the refresh token and comes back: what a page has to do as well.
"""

import asyncio
import json
import sys
import urllib.error
import urllib.request

import websockets


def post(url, **fields):
    request = urllib.request.Request(url, json.dumps(fields).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)


async def type_into(socket):
    while line := await asyncio.to_thread(sys.stdin.readline):
        await socket.send(json.dumps({"message": line.rstrip("\n")}))
    await socket.close()


async def chat(name, room="1", base="http://127.0.0.1:8080"):
    tokens = post(f"{base}/api/token/", username=name, password="open-sesame")
    while True:
        url = f"{base.replace('http', 'ws', 1)}/ws/chat/{room}/?token={tokens['access']}"
        async with websockets.connect(url, origin=base) as socket:
            typing = asyncio.create_task(type_into(socket))
            async for text in socket:
                event = json.loads(text)
                if event["type"] == "message":
                    print(f"{event['username']}: {event['message']}")
                elif event["type"] == "user_status":
                    print(f"* {event['username']} {'came' if event['is_online'] else 'left'}, "
                          f"{event['online_count']} online")
            typing.cancel()
        print(f"* closed: {socket.close_code} {socket.close_reason}")
        if socket.close_code != 4001:
            return
        try:
            tokens |= post(f"{base}/api/token/refresh/", refresh=tokens["refresh"])
        except urllib.error.HTTPError:
            return print("* the refresh token is no longer good either: log in again")


if __name__ == "__main__":
    asyncio.run(chat(*sys.argv[1:]))
