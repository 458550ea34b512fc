// Runs Azurite in this very process and ends it as soon as standard input closes. The process that
// started it holds the other end of that pipe, so however that one ends (return, panic, Ctrl-C,
// SIGKILL), the operating system closes the pipe and no emulator is left behind.
//
// usage: node guard.js <script> <its arguments...>
"use strict";

const leave = () => process.exit(0);
process.stdin.on("end", leave);
process.stdin.on("close", leave);
process.stdin.on("error", leave);
process.stdin.resume();

process.argv.splice(1, 1);
require(require("path").resolve(process.argv[1]));
