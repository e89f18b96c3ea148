import Foundation
import Glibc
import Stack

/// A processor core that a program is bound to for its whole life (taskset of util-linux).
package struct Core: Sendable, Equatable {
    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }

    /// The command that runs another one bound to this core. It replaces itself by that program, so that
    /// the process number stays.
    package func command(
        _ executable: String, _ arguments: [String]
    ) throws(StackFailure) -> (executable: String, arguments: [String]) {
        (try ServiceProgram.locateInPath("taskset"), ["-c", "\(number)", executable] + arguments)
    }

    /// Starts a program bound to this core; see `ChildProcess`.
    package func start(
        name: String, executable: String, arguments: [String], environment: [String: String] = [:],
        in run: RunDirectory
    ) throws(StackFailure) -> ChildProcess {
        let command = try command(executable, arguments)
        return try ChildProcess(
            name: name, executable: command.executable, arguments: command.arguments,
            environment: environment, in: run)
    }

    /// Binds this very process, all its threads, and with it whatever it starts unbound, to this core.
    package func bindSelf(in run: RunDirectory) throws(StackFailure) {
        let taskset = try ChildProcess(
            name: "taskset", executable: try ServiceProgram.locateInPath("taskset"),
            arguments: ["-a", "-c", "-p", "\(number)", "\(getpid())"], in: run)
        guard taskset.waitForExit(within: .seconds(10)) == .code(0) else {
            throw StackFailure("taskset cannot bind to core \(number): \(taskset.logTail())")
        }
    }

    /// Cores that this process may run on.
    package static var available: Int { ProcessInfo.processInfo.activeProcessorCount }
}
