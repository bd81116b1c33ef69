"""A web server for the tests of downloads."""

import http.server
import threading
from contextlib import contextmanager

CONTENT = bytes(range(256)) * 2048  # half a mebibyte


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``server.content``; can break off, know no ranges, or refuse."""

    def do_GET(self):
        content, first, status = self.server.content, 0, self.server.status
        self.server.asked.append(self.headers.get("Range"))
        same = self.headers.get("If-Range", self.server.etag) == self.server.etag
        if self.headers.get("Range") and self.server.ranges and status == 200 and same:
            first = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            status = 206 if first < len(content) else 416
        self.send_response(status)
        if status == 416:
            self.send_header("Content-Range", f"bytes */{len(content)}")
        if self.server.etag:
            self.send_header("ETag", self.server.etag)
        if status in (200, 206):
            if status == 206 or self.server.says_length:
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            if self.server.says_length:
                self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        if status in (200, 206):
            end = len(content) if self.server.break_after is None else first + self.server.break_after
            self.wfile.write(content[first:end])

    def log_message(self, *arguments):
        """Keep quiet."""


@contextmanager
def serving():
    """A server at ``http://127.0.0.1:{server.server_port}``, with what it does as its attributes."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.status, server.ranges, server.says_length = CONTENT, 200, True, True
        server.break_after, server.asked, server.etag = None, [], None
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
