"use strict";

require("@nomicfoundation/hardhat-ethers");
require("@nomicfoundation/hardhat-chai-matchers");
require("solidity-coverage");
const { subtask } = require("hardhat/config");
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require("hardhat/builtin-tasks/task-names");

// The compiler is the one npm installed and its lock pins; Hardhat would download another copy.
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async ({ solcVersion }) => {
  const { version } = require("solc/package.json");
  if (solcVersion !== version) throw new Error(`solc ${solcVersion} is wanted, npm installed ${version}`);
  return { version, longVersion: require("solc").version(), compilerPath: require.resolve("solc/soljson.js"), isSolcJs: true };
});

const out = process.env.HARDHAT_OUT ?? ".build/hardhat";

/** @type {import("hardhat/types").HardhatUserConfig} */
module.exports = {
  solidity: {
    version: "0.8.30",
    settings: {
      evmVersion: "paris",
      optimizer: { enabled: true, runs: 1_000_000 },
      metadata: { bytecodeHash: "none" },
    },
  },
  networks: {
    hardhat: {
      hardfork: process.env.HARDFORK ?? "merge",
      gasPrice: 0,
      initialBaseFeePerGas: 0,
      // A batch of 1,024 and a pledge of 100 claims are one transaction each.
      blockGasLimit: 60_000_000,
    },
  },
  mocha: { timeout: 60_000 },
  paths: {
    sources: "contracts",
    tests: "tests/contracts",
    cache: `${out}/cache`,
    artifacts: `${out}/artifacts`,
  },
};
