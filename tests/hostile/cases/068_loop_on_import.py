# 068 a loop before the entry point exists
# expect: cpu_limit
# limits: cpu_s=1
while True:
    pass
