#!/usr/bin/env bash
# What is measured of an invocation against what it used by its own clock, in each language and behind HTTP.
# shellcheck source-path=SCRIPTDIR source=platform.sh
source "$(dirname "${BASH_SOURCE[0]}")/platform.sh"

usage() {
  cat <<'USAGE'
Usage: bash load-tests/measured.sh [--sandbox docker|process] [--calls N] [--ms N]

  --sandbox  where functions run; default: docker if it answers
  --calls    of each kind; default 20
  --ms       CPU time that a call burns, by the function's own clock; default 200

Kinds: the handler burns it, a thread of its own does, or it burns a quarter and then waits as long. The functions are those of the tests (tests/Faas.EndToEnd.Tests/Functions/burn.*);
"http" is burn.py behind an HTTP server of its own, which is measured by its control group.
Bar: the sum of what the ledger's records have is within 5 % of what was burned.
A line of JSON for each: {"measurement":"cpu","language","kind","burnedMs","measuredMs","error"}; the exit code is 1 when a bar is missed.
USAGE
}

options sandbox= calls=20 ms=200 -- "$@"
sandbox=${sandbox:-$(default_sandbox)}
need dotnet python3
build
start_platform measured "$sandbox"
folder=$root/tests/Faas.EndToEnd.Tests/Functions
mkdir -p "$work/functions"/{dotnet,node,python,http}
cp "$folder/Burn.cs" "$work/functions/dotnet/"
cp "$folder/burn.js" "$work/functions/node/index.js"
cp "$folder/burn.py" "$work/functions/python/handler.py"
cp "$folder/burn.py" "$work/functions/http/"
cp "$folder/burn_http.py" "$work/functions/http/server.py"
cat > "$work/functions/faas.yaml" <<'YAML'
functions:
  burn-dotnet: {runtime: dotnet, source: ./dotnet/Burn.cs, maxInstances: 1}
  burn-node: {runtime: node, source: ./node, handler: index.handler, maxInstances: 1}
  burn-python: {runtime: python, source: ./python, handler: handler.handler, maxInstances: 1}
  burn-http: {runtime: http, source: ./http, command: [python3, server.py], maxInstances: 1}
YAML
"$faas" deploy "$work/functions" --data "$data" >&2 || die "the functions cannot be deployed"
python3 - "$data" "$calls" "$ms" <<'PY'
import json, sys, time, urllib.request
data, calls, ms = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
endpoints, key = json.load(open(data + "/endpoints.json")), open(data + "/admin.key").read().strip()


def get(url, **headers):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
        return json.load(answer), answer.headers


def record(call):
    for _ in range(100):
        found, _ = get(f"{endpoints['adminUrl'].rstrip('/')}/v1/invocations?id={call}", Authorization="Bearer " + key)
        if found:
            return found[0]
        time.sleep(0.05)
    sys.exit(f"no usage record of {call}")


def milliseconds(text):
    hours, minutes, seconds = text.split(":")
    return (int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * 1000


missed = False
for language in ("dotnet", "node", "python", "http"):
    for kind, query in (("handler", f"ms={ms}"), ("thread", f"ms={ms}&thread=1"), ("waits", f"ms={ms / 4}&wait={ms / 4}")):
        burned = measured = 0
        for _ in range(calls + 1):
            answer, headers = get(f"{endpoints['publicUrl'].rstrip('/')}/function/burn-{language}?{query}")
            used = milliseconds(record(headers["X-Call-Id"])["cpu"])
            if _ > 0:   # the first one compiles
                burned, measured = burned + answer["cpuMs"], measured + used
        error = measured / burned - 1
        missed |= abs(error) > 0.05
        print(json.dumps({"measurement": "cpu", "language": language, "kind": kind, "burnedMs": round(burned, 1), "measuredMs": round(measured, 1), "error": round(error, 4)}), flush=True)
sys.exit(1 if missed else 0)
PY
code=$?
stop_platform
exit $code
