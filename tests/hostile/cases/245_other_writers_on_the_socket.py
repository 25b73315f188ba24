# 245 other writers on the socket
# expect: protocol_violation
# runs: 4
# faulthandler, warnings, logging and C libraries write to a descriptor by its number; one that
# is pointed at the channel says nonsense there, and is not read as anything else.
import faulthandler
import logging
import os
import time


def generate(client, input_data, progress, renderer_type, context):
    [
        lambda: faulthandler.dump_traceback(3),
        lambda: os.fdopen(3, "w", closefd=False).write("HTTP/1.1 200 OK\n" * 100),
        lambda: os.sendfile(3, os.open(__file__, os.O_RDONLY), 0, 4096),
        lambda: logging.StreamHandler(os.fdopen(3, "w", 1, closefd=False)).emit(
            logging.makeLogRecord({"msg": "a line of a log"})
        ),
    ][input_data["instance"]]()
    time.sleep(50)
    yield ["row"]
