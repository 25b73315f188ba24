# 091 values at the edges have a defined form in every format
# expect: ok
# renderer: csv|xlsx
# check: extreme_cells
import datetime
import decimal
import math
import uuid


def generate(client=None, input_data=None, progress_callback=None, renderer_type=None,
             extra_context_callback=None):
    utc = datetime.timezone.utc
    east = datetime.timezone(datetime.timedelta(hours=14))
    odd = datetime.timezone(datetime.timedelta(seconds=30))
    yield [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308]
    yield [2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**1000, True]
    yield [decimal.Decimal(text) for text in ("sNaN", "NaN123", "Infinity", "-0", "1E-400", "1E+5")]
    yield [datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
           datetime.date(1, 1, 1), datetime.date(9999, 12, 31), datetime.date(1900, 2, 28), None]
    yield [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 1, tzinfo=utc),
           datetime.datetime(1, 1, 1, tzinfo=east), datetime.datetime(9999, 12, 31, tzinfo=odd),
           datetime.time(23, 59, 59, 999999), datetime.timedelta.max]
    yield [datetime.timedelta.min, datetime.timedelta(microseconds=-1), uuid.UUID(int=0), "", 1, 2]
