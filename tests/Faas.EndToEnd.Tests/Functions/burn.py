# Uses what it is asked to: so much CPU time by its own clock, so much waiting, so much memory. Answers how much CPU time it was, in ms.
import threading
import time


def burn(seconds):
    start = time.thread_time()
    while time.thread_time() - start < seconds:
        sum(range(200))


def handler(event, context):
    asked = event["queryStringParameters"]
    seconds = float(asked.get("ms", 0)) / 1000
    start = time.process_time()
    memory = bytearray(int(asked.get("mib", 0)) << 20)
    for at in range(0, len(memory), 4096):
        memory[at] = 1
    if asked.get("thread"):
        other = threading.Thread(target=burn, args=(seconds,))
        other.start()
        other.join()
    else:
        burn(seconds)
    time.sleep(float(asked.get("wait", 0)) / 1000)
    return {"cpuMs": (time.process_time() - start) * 1000, "pad": "x" * int(asked.get("pad", 0))}
