# ruff: noqa: F821
# Frozen into every board's firmware: what a port with a flash, a clock and a network has, and what
# drives a test.
for name in ("board", "modem", "socket", "time", "drive"):
    module(name + ".py", opt=3)
