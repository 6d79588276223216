"""Plays the cases of an Autobahn fuzzing server, one after the other, with the `websockets` library's client.

    python -m support.conformant_client URL AGENT PORT      TOKEN, if it is set, goes along
    python -m support.conformant_client URL reports PORT    has it write what it thinks of all who have played

It connects to the port whatever the URL says: the suite's server only takes requests that name its own port as their Host.
"""

import asyncio
import logging
import os
import sys

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException


def opened(url, port=sys.argv[-1]):
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"} if "TOKEN" in os.environ else {}
    return connect(
        url, port=int(port), additional_headers=headers, max_size=None, ping_interval=None, close_timeout=2, proxy=None
    )


async def play(url):
    try:
        async with opened(url) as socket:
            async for message in socket:
                await socket.send(message)
    except (WebSocketException, OSError):
        pass  # as the case wants it, or not: the server judges


async def main(url, agent):
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    if agent == "reports":
        await play(f"{url}/updateReports?agent={agent}")
        return
    async with opened(f"{url}/getCaseCount") as socket:
        count = int(await socket.recv())
    for case in range(1, count + 1):
        await play(f"{url}/runCase?case={case}&agent={agent}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
