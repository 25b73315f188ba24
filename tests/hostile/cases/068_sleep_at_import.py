# 068 a module that sleeps while it is imported
# expect: idle_limit
# limits: idle_s=1 wall_s=10
# within: 5
import time

time.sleep(10**6)


def generate(*_):
    yield ["not reached"]
