"""A receiver on 127.0.0.1 that takes whatever is posted: for webhooks, lineage and telemetry."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What was posted: (path, body), in order. While ``is_deaf`` it takes a request and never answers."""

    url: str = ""
    posts: list[tuple[str, bytes]] = field(default_factory=list)
    status: int = 200
    is_deaf: bool = False
    released: threading.Event = field(default_factory=threading.Event)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listening until the block ends."""
    told = Receiver()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self):
            told.posts.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            if told.is_deaf:
                told.released.wait(60)
                return
            self.send_response(told.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.released.set()
        server.shutdown()
        server.server_close()
