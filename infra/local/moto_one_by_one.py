"""Moto's server, taking one request at a time, run by moto's own Python (`second_oracle` starts it).

Moto's writes are not atomic between threads, so requests at once could see half of a transaction.
Connections keep their threads, because a client may open one and say nothing; requests share a lock.
"""

import sys
import threading

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple


def main():
    """Serves on the port that the command names until it is stopped."""
    moto = DomainDispatcherApplication(create_backend_app)
    turn = threading.Lock()

    def one_at_a_time(environ, start_response):
        with turn:
            return list(moto(environ, start_response))

    port = int(sys.argv[1])
    run_simple("127.0.0.1", port, one_at_a_time, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    main()
