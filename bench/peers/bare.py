"""The physical limit: asyncio and httptools around the same predict, no framework, no authentication."""

import asyncio
import sys

import httptools
import numpy as np
import orjson
import uvloop
import xgboost as xgb

booster = xgb.Booster({"nthread": 1})
booster.load_model(sys.argv[1])


class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.parser, self.body = transport, httptools.HttpRequestParser(self), b""

    def data_received(self, data):
        self.parser.feed_data(data)

    def on_body(self, body):
        self.body += body

    def on_message_complete(self):
        rows = np.array(orjson.loads(self.body), dtype=np.float32)
        self.body = b""
        answer = orjson.dumps(booster.inplace_predict(rows).tolist())
        self.transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(answer) + answer
        )


async def main():
    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(sys.argv[2]))
    await server.serve_forever()


uvloop.run(main())
