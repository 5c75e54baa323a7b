#!/usr/bin/env python3
"""Stands in for starlingd where only its outside matters: flags, log, /readyz, signals, data folder."""

import http.server
import signal
import sys
from pathlib import Path

flags = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if "--refuse" in flags:
    print(f"refused: {flags['--refuse']}", file=sys.stderr)
    sys.exit(3)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_):
        pass


def drain(*_):
    print("drained", file=sys.stderr, flush=True)
    sys.exit(0)


signal.signal(signal.SIGTERM, drain)
Path(flags["--data-dir"], "store").touch()
print("flags: " + " ".join(sys.argv[1:]), file=sys.stderr)
host, port = flags["--http"].split(":")
server = http.server.HTTPServer((host, int(port)), Handler)
print("unready so far", file=sys.stderr)
print("the store is open, ready", file=sys.stderr, flush=True)
server.serve_forever()
