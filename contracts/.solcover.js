// Coverage of contracts/ by the Hardhat tests. Anything below 100 % of lines and branches fails.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");

module.exports = {
  istanbulFolder: path.join(root, ".build", "coverage"),
  istanbulReporter: ["json", "text"],
  // OpenZeppelin's and ours alike are compiled without the optimizer here; the Yul optimizer keeps the stack in reach.
  configureYulOptimizer: true,
  onIstanbulComplete: async () => {
    const report = JSON.parse(fs.readFileSync(path.join(root, ".build", "coverage", "coverage-final.json"), "utf8"));
    const missed = Object.entries(report).flatMap(([file, { s, b, f, l }]) => {
      const counts = [...Object.values(s), ...Object.values(f), ...Object.values(l ?? {}), ...Object.values(b).flat()];
      return counts.includes(0) ? [path.relative(root, file)] : [];
    });
    if (missed.length > 0) throw new Error(`not covered in full: ${missed.join(", ")}`);
  },
};
