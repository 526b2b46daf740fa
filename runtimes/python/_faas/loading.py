"""Finding and importing a handler, and saying precisely why it could not be."""
import glob
import importlib
import os
import sys

from . import failures

_FILES = ("handler", "lambda_function", "main", "app", "index", "function")
_FUNCTIONS = ("handler", "lambda_handler")


class LoadError(Exception):
    """error is HandlerNotFound, LoadFailed or InitFailed."""

    def __init__(self, error, message, trace=()):
        super().__init__(message)
        self.error = error
        self.trace = list(trace)


def load(handler, code, startup_modules):
    """The callable named by file.function, dir/file.function or pkg.mod.function; without a name the usual ones are tried."""
    _set_path(code, startup_modules)
    module_name, names = _split(handler, code)
    module = _import(module_name, code)
    for name in names:
        found = getattr(module, name, None)
        if callable(found):
            return found
    own = sorted(n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", None) == module.__name__)
    raise LoadError("HandlerNotFound", "%s has no function %s; it has: %s" % (
        failures.relative(getattr(module, "__file__", None) or module_name, code), " or ".join(names), ", ".join(own) or "none"))


def _set_path(code, startup_modules):
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    own = [p for p in (code, os.path.join(code, "python"), os.path.join(code, ".deps")) if p == code or os.path.isdir(p)]
    sys.path[:] = own + [p for p in sys.path if p not in own and os.path.abspath(p or ".") != here]
    # Modules that only the worker has imported so far must not hide the function's files of the same name, as they would not in a plain program.
    for entry in os.listdir(code):
        name = entry[:-3] if entry.endswith(".py") else entry
        loaded = sys.modules.get(name)
        file = getattr(loaded, "__file__", None)
        if file and name not in startup_modules and not file.startswith(code + os.sep):
            if entry.endswith(".py") or os.path.isfile(os.path.join(code, entry, "__init__.py")):
                del sys.modules[name]


def _split(handler, code):
    if handler:
        module, dot, name = handler.rpartition(".")
        module = module.strip("/").replace("/", ".")
        if not dot or not name.isidentifier() or not module or not all(p.isidentifier() or p.replace("-", "_").isidentifier() for p in module.split(".")):
            raise LoadError("HandlerNotFound", "the handler %r is not of the form file.function" % handler)
        return module, (name,)
    for name in _FILES:
        if os.path.isfile(os.path.join(code, name + ".py")):
            return name, _FUNCTIONS
    files = glob.glob(os.path.join(glob.escape(code), "*.py"))
    if len(files) == 1:
        return os.path.basename(files[0])[:-3], _FUNCTIONS
    raise LoadError("HandlerNotFound", "no handler is configured, and there is none of %s.py" % ".py, ".join(_FILES))


def _import(name, code):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if e.name and (e.name == name or name.startswith(e.name + ".")):
            raise LoadError("HandlerNotFound", "there is no %s.py in the function's code" % name.replace(".", "/")) from None
        importer = failures.trace(e, code)
        raise LoadError("LoadFailed", "the module '%s' was not found%s: list its package in requirements.txt" % (
            e.name, ", imported at " + importer[0] if importer else ""), importer) from None
    except SyntaxError as e:
        where = "%s, line %s" % (failures.relative(e.filename or "?", code), e.lineno)
        raise LoadError("LoadFailed", "%s: %s: %s" % (where, type(e).__name__, e.msg), [where + ": " + e.text.strip()] if e.text else [where]) from None
    except ImportError as e:
        raise LoadError("LoadFailed", "%s: %s" % failures.describe(e), failures.trace(e, code)) from None
    except SystemExit as e:
        raise LoadError("InitFailed", "the function ended the process while it was loaded: sys.exit(%r)" % (e.code,), failures.trace(e, code)) from None
    except BaseException as e:
        raise LoadError("InitFailed", "%s: %s" % failures.describe(e), failures.trace(e, code)) from None
