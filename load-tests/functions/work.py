"""Burns BURN_MS of its own thread's CPU time, then waits WAIT_MS without any."""
import os
import time

BURN = float(os.environ.get("BURN_MS", 0)) / 1000
WAIT = float(os.environ.get("WAIT_MS", 0)) / 1000
ANSWER = {"revision": os.environ.get("FAAS_REVISION")}


def handler(event, context):
    end = time.thread_time() + BURN
    while time.thread_time() < end:
        sum(range(1000))
    if WAIT:
        time.sleep(WAIT)
    return ANSWER
