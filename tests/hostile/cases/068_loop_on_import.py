# 068 a loop before the entry point exists
# expect: cpu_limit
# limits: cpu_s=1 wall_s=15
while True:
    pass
