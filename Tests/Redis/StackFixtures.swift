import Stack

/// A run directory of its own for a test, gone afterwards.
func withRun(_ body: (RunDirectory) throws -> Void) throws {
    let run = try RunDirectory.claimUnique(prefix: "stack-tests")
    defer { run.release() }
    try body(run)
}

/// A shell that runs the script, in the run directory.
func startShell(
    _ script: String, name: String = "child", environment: [String: String] = [:], in run: RunDirectory
) throws -> ChildProcess {
    try ChildProcess(
        name: name, executable: "/bin/sh", arguments: ["-c", script], environment: environment, in: run)
}
