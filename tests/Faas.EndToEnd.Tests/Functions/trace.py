# What it is told of the trace that it runs in.
def handler(event, context):
    return {"header": event.get("headers", {}).get("traceparent"), "context": context.traceparent}
