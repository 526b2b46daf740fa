"""The second argument of a handler."""
import time


class Context:
    """AWS Lambda's context object, the deadline in ms since 1970, and the invocation's traceparent (None when it has none)."""

    def __init__(self, function, request):
        now = time.time()
        self.aws_request_id = request.id
        self.function_name = function.name
        self.function_version = function.revision
        self.memory_limit_in_mb = str(function.memory_mib)
        self.invoked_function_arn = function.arn
        self.log_group_name = function.log_group
        self.log_stream_name = function.instance
        self.deadline_ms = int(now * 1000) + request.timeout_ms
        self.identity = None
        self.client_context = None
        self.traceparent = request.headers.get("traceparent")
        self._ends = time.monotonic() + request.timeout_ms / 1000

    def get_remaining_time_in_millis(self):
        return max(0, int((self._ends - time.monotonic()) * 1000))

    def log(self, message):
        print(message)

    def __repr__(self):
        return "Context(aws_request_id=%r, function_name=%r, function_version=%r)" % (self.aws_request_id, self.function_name, self.function_version)
