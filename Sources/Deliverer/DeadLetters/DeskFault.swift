import Glibc
import Operators

/// Why one of an operator's commands ends other than well, with its exit code (sysexits.h).
struct DeskFault: CommandEnd, Equatable {
    /// What was handed in is not what it claims to be, or does not fit what is there.
    static let badData = CommandExit.badData
    /// Redis or Kafka cannot be reached, or Redis is not open.
    static let unavailable = CommandExit.unavailable
    static let cannotWrite: Int32 = 73
    /// Begun and not finished: the same command again carries on.
    static let again: Int32 = 75

    let code: Int32
    let description: String
    var exitCode: Int32 { code }

    init(_ code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Of a file that cannot be written, by `errno`.
    static func unwritten(_ path: String) -> DeskFault {
        DeskFault(cannotWrite, "\(path): \(String(cString: strerror(errno)))")
    }

    /// Runs a command's body; says on standard error why it failed and ends with the exit code that says so.
    static func exiting<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await CommandExit.exiting("deliverer", body)
    }
}
