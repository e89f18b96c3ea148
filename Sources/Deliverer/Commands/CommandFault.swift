import ArgumentParser
import CampaignFiles
import Redis
import ServiceShell

/// Why a command ends other than well: what it prints, and how it exits (sysexits.h).
struct CommandFault: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was asked for is refused for good.
    static let refused: Int32 = 65
    static let noInput: Int32 = 66
    /// Nobody answers on the admin ports, or Redis does not.
    static let unavailable: Int32 = 69
    static let again: Int32 = 75
    /// The key is not accepted.
    static let noPermission: Int32 = 77
    static let settings: Int32 = 78

    let exitCode: Int32
    let description: String

    init(_ exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// Runs a command; a fault is said on standard error and becomes the exit code.
    static func exiting(_ name: String, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let fault as CommandFault {
            try leave(name, fault.description, fault.exitCode)
        } catch let fault as SettingsFault {
            try leave(name, "\(fault)", settings)
        } catch let fault as FileFault {
            try leave(name, "\(fault)", noInput)
        } catch let failure as RedisFailure {
            try leave(name, "redis: \(failure.message)", unavailable)
        }
    }

    private static func leave(_ name: String, _ text: String, _ code: Int32) throws -> Never {
        TextOutput.warn("\(name): \(text)")
        throw ExitCode(code)
    }
}
