/** Loaded before a program that a test starts: when the test's process is gone, however it ended, so is this one. */
process.stdin.on("end", () => process.kill(process.pid, "SIGKILL")).resume();
process.stdin.on("error", () => process.kill(process.pid, "SIGKILL"));
if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
