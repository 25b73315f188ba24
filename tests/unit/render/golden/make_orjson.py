"""Writes orjson.tsv: what orjson (3.13) prints for random doubles and strings.

Usage: make_orjson.py COUNT > orjson.tsv
Lines: "f", bits in hex, JSON; or "s", UTF-8 in hex, JSON in hex; separated by tabs.
"""

import random
import struct
import sys

import orjson

SAMPLES = [0.0, -0.0, 1.0, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 1.234e-5, 1e-6, 0.1,
           5e-324, 1.7976931348623157e308, 9999999999999998.0, float("nan"), float("inf")]


def main() -> None:
    """Prints the golden lines."""
    rng = random.Random(3)
    for i in range(int(sys.argv[1])):
        value = struct.unpack("<d", rng.randbytes(8))[0]
        if i % 3 == 1:
            value = rng.randint(-(10**6), 10**6) * 10.0 ** rng.randint(-12, 14)
        if i < len(SAMPLES):
            value = SAMPLES[i]
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        print(f"f\t{bits:016x}\t{orjson.dumps(value).decode()}")
        text = "".join(chr(rng.choice([rng.randint(0, 127), rng.randint(0x80, 0xD7FF),
                                       rng.randint(0x10000, 0x10FFFF)])) for _ in range(8))
        print(f"s\t{text.encode().hex()}\t{orjson.dumps(text).hex()}")


if __name__ == "__main__":
    main()
