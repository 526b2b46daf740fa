'use strict';
// The Node worker: `node worker.js`. Speaks runtimes/PROTOCOL.md; see lib/ for the parts.
require('./lib/stem').run();
