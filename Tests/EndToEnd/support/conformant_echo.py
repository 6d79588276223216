"""An echo that knows every rule of RFC 6455 and 7692: the `websockets` library's server, in a process of its own.

    python -m support.conformant_echo PORT
"""

import asyncio
import logging
import sys

from websockets.asyncio.server import serve


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main(port):
    # It tells of every broken rule, and there are hundreds.
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    async with serve(echo, "127.0.0.1", port, max_size=None, ping_interval=None, close_timeout=2):
        print("ready", flush=True)
        await asyncio.Future()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
