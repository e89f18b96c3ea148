import Operators

/// Why a command ends other than well, with its exit code (sysexits.h).
struct ReconcilerFault: CommandEnd, Equatable {
    /// What was handed in cannot be read or is not what it claims to be.
    static let badData = CommandExit.badData
    /// Redis or Kafka cannot be reached or does not do as told.
    static let unavailable = CommandExit.unavailable
    /// Classes that do not add up: the run is void.
    static let broken: Int32 = 70
    static let cannotWrite: Int32 = 73
    /// Begun and not finished: the same command again carries on.
    static let again: Int32 = 75
    /// A second person has to agree first.
    static let notAllowed: Int32 = 77
    /// Orders are missing, or came out that were never due.
    static let somethingMissing: Int32 = 2

    let code: Int32
    let description: String
    var exitCode: Int32 { code }

    init(_ code: Int32, _ description: String) {
        self.code = code
        self.description = description
    }

    /// Runs a command's body; says on standard error why it failed and ends with the exit code that says so.
    static func exiting<Value>(_ body: () async throws -> Value) async throws -> Value {
        try await CommandExit.exiting("reconciler", body)
    }
}
