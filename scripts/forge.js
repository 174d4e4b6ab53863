#!/usr/bin/env node
// Runs forge from npm and exits as forge does. The package's own launcher (1.7.1) exits 0 whatever forge says, so that a
// failed invariant would pass.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const scope = path.join(path.dirname(require.resolve("@foundry-rs/forge/package.json")), "..");
const [platform] = fs.readdirSync(scope).filter((name) => name.startsWith("forge-"));
if (platform === undefined) throw new Error("npm installed no forge for this platform");
const binary = path.join(scope, platform, "bin", process.platform === "win32" ? "forge.exe" : "forge");

const { status, signal, error } = spawnSync(binary, process.argv.slice(2), { stdio: "inherit" });
if (error) throw error;
process.exitCode = signal ? 1 : status;
