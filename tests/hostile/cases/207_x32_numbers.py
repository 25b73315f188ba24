# 207 x32 numbers
# expect: killed_by_policy
# runs: 5
# The x32 bypass that seccomp(2) warns of: bit 30 of the number picks another table with the
# same architecture value, so a filter must look at the number itself.
import errno

from probe import syscall


def attempt(number, *arguments):
    """The name of the error of a system call, or "ok"."""
    result = syscall(number, *arguments)
    return "ok" if result >= 0 else errno.errorcode.get(-result, str(-result))


def generate(client, input_data, progress, renderer_type, context):
    bit = 0x40000000
    numbers = [39 | bit, 520 | bit, 514 | bit, 0 | bit, 0x7FFFFFFF]
    answer = attempt(numbers[input_data["instance"]], 0, 0, 0)
    yield [answer, "survived"]
