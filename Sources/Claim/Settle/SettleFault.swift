import ArgumentParser
import Glibc

/// Why `claim settle` ends before its work is done: what it prints, and how it exits.
struct SettleFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file that does not fit, or a request that Claim refuses for good.
    static let badData: Int32 = 65
    static let noInput: Int32 = 66
    static let noWrite: Int32 = 74
    /// Claim did not answer for too long; run it again.
    static let tryAgain: Int32 = 75
    /// The operator's key is not accepted.
    static let noPermission: Int32 = 77

    let exitCode: Int32
    let description: String

    init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    static func file(_ path: String, _ code: Int32) -> SettleFault {
        SettleFault(noInput, "\(path): \(String(cString: strerror(code)))")
    }

    static func unwritten(_ path: String, _ code: Int32) -> SettleFault {
        SettleFault(noWrite, "\(path): \(String(cString: strerror(code)))")
    }
}
