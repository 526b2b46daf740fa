"""Counts in the background, whether it is called or not."""
import threading
import time

count = 0


def work():
    global count
    while True:
        count += 1
        time.sleep(0.01)


threading.Thread(target=work, daemon=True).start()


def handler(event, context):
    return str(count)
