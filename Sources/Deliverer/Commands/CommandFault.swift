import Operators

/// Why a command ends other than well: what it prints, and how it exits (sysexits.h).
struct CommandFault: CommandEnd, Equatable {
    /// What was asked for is refused for good.
    static let refused: Int32 = 65
    static let noInput = CommandExit.noInput
    /// Nobody answers on the admin ports, or Redis does not.
    static let unavailable = CommandExit.unavailable
    static let again: Int32 = 75
    /// The key is not accepted.
    static let noPermission: Int32 = 77
    static let settings = CommandExit.badSettings

    let exitCode: Int32
    let description: String

    init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// Runs a command; a fault is said on standard error and becomes the exit code.
    static func exiting(_ name: String, _ body: () async throws -> Void) async throws {
        try await CommandExit.exiting(name, badFile: noInput, body)
    }
}
