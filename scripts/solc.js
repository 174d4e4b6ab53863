#!/usr/bin/env node
// The compiler of npm's solc package behind solc's own command line, as far as our tools use it:
//   solc.js --version         for py-solc-x and forge
//   solc.js --standard-json   for both, input on standard input
// Paths are of no use here (--base-path, --allow-paths and the like are ignored): callers put every source into the
// input. So Hardhat, forge, Slither and scripts/compile.py share one pinned compiler, and none of them downloads one.
"use strict";

const fs = require("node:fs");
const solc = require("solc");

const args = process.argv.slice(2);
if (args.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (args.includes("--standard-json")) {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8")));
} else {
  process.stderr.write("solc.js: only --version and --standard-json are supported\n");
  process.exitCode = 64;
}
