# 073 no two reports draw the same numbers, at the same moment
# expect: ok
# together: 4
# check: all_differ
import os
import random
import secrets
import ssl
import tempfile
import uuid


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    with tempfile.NamedTemporaryFile() as file:
        name = file.name
    yield [random.random(), random.Random().random(), random.SystemRandom().random(),
           ssl.RAND_bytes(16).hex(), str(uuid.uuid4()), str(uuid.uuid1()), name,
           tempfile.mkdtemp(), os.urandom(16).hex(), secrets.token_hex(8)]
