#!/usr/bin/env python3
"""Games that nginx cannot play: one that takes requests and never answers, one that drips.

    rude.py READY-FILE     writes {"hang": PORT, "drip": PORT} there once both listen on 127.0.0.1

drip: the head at once and then a byte of the body each second. Ends with SIGTERM.
"""

import asyncio
import json
import os
import sys

BODY_BYTES = 600
DRIP_S = 1.0


async def read_request(reader):
    """One request with a Content-Length, dropped."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            await reader.readexactly(int(value))


async def hang(reader, writer):
    try:
        while await reader.read(65536):
            pass
    except ConnectionError:
        pass
    finally:
        writer.close()


async def drip(reader, writer):
    try:
        while True:
            await read_request(reader)
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BODY_BYTES)
            for _ in range(BODY_BYTES):
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(DRIP_S)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main(path):
    servers, ports = [], {}
    for name, game in (("hang", hang), ("drip", drip)):
        server = await asyncio.start_server(game, "127.0.0.1", 0, backlog=1024)
        servers.append(server)
        ports[name] = server.sockets[0].getsockname()[1]
    with open(path + ".new", "w", encoding="ascii") as file:
        json.dump(ports, file)
    os.rename(path + ".new", path)
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
