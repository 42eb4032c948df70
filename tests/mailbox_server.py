"""Where CloudFormation waits for the answer of a custom resource: a server that keeps what is PUT to it."""

import contextlib
import http.server
import queue
import threading

SIGNATURE = "X-Amz-Signature=0123456789abcdefSiGnAtUrE"


@contextlib.contextmanager
def mailbox():
    """(url, the queue of requests that came): where CloudFormation waits."""
    came = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            came.put((self.path, dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/answer?{SIGNATURE}", came
    finally:
        server.shutdown()
        server.server_close()
