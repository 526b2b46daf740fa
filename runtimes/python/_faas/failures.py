"""Exceptions as the platform and the log show them: the function's own frames, without the worker's."""
import linecache
import os
import traceback

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(_HERE)
_MESSAGE_MAX = 8192
_FRAMES_MAX = 50


def failure(kind, error_type, message, trace=()):
    return {"kind": kind, "errorType": error_type, "message": message[:_MESSAGE_MAX], "trace": list(trace)}


def describe(error):
    return type(error).__name__, _message(error)


def trace(error, code):
    """Frames of the function, innermost first."""
    lines = []
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not _is_ours(frame.filename) and len(lines) < _FRAMES_MAX:
            source = ": " + frame.line if frame.line else ""
            lines.append("%s:%s in %s%s" % (relative(frame.filename, code), frame.lineno, frame.name, source))
    return lines


def formatted(error):
    """The whole traceback, causes included, as the interpreter would print it for a plain program."""
    linecache.checkcache()
    report = traceback.TracebackException.from_exception(error)
    seen = report
    while seen is not None:
        kept = [f for f in seen.stack if not _is_ours(f.filename)]
        seen.stack = traceback.StackSummary.from_list(kept)
        seen = seen.__cause__ or seen.__context__
    return "".join(report.format())


def relative(path, code):
    return path[len(code) + 1:] if path.startswith(code + os.sep) else path


def _is_ours(filename):
    return filename.startswith(_HERE) or filename == os.path.join(_ROOT, "worker.py") or filename.startswith("<frozen importlib")


def _message(error):
    try:
        return str(error)
    except Exception as e:   # a __str__ of the function's own may fail; the failure must be reported all the same
        return "(no message: __str__ failed with %s)" % type(e).__name__
