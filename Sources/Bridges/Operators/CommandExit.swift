import ArgumentParser
import CampaignFiles
import Glibc
import Kafka
import Redis
import ServiceShell

/// Why an operator's command ends other than well; it names its own exit code.
package protocol CommandEnd: Error, CustomStringConvertible {
    /// See sysexits.h.
    var exitCode: Int32 { get }
}

/// The exit codes (sysexits.h) of faults that any command may meet.
package enum CommandExit {
    /// What was handed in is not what it claims to be.
    package static let badData: Int32 = 65
    /// A file cannot be read.
    package static let noInput: Int32 = 66
    /// Redis or Kafka cannot be reached or does not do as told.
    package static let unavailable: Int32 = 69
    /// A setting will not do.
    package static let badSettings: Int32 = 78

    /// Runs a command's body; says on standard error why it failed, behind the name, and ends with the exit
    /// code that says so. Other errors than these are the caller's, an `ExitCode` too.
    ///
    /// - Parameter badFile: the code of a file that cannot be taken in.
    package static func exiting<Value>(
        _ name: String, badFile: Int32 = badData, _ body: () async throws -> Value
    ) async throws -> Value {
        signal(SIGPIPE, SIG_IGN)
        do {
            return try await body()
        } catch {
            guard let end = end(of: error, badFile: badFile) else { throw error }
            CommandOutput.warn("\(name): \(end.text)")
            throw ExitCode(end.code)
        }
    }

    /// The code and the line of a fault; nil: it is none of these.
    package static func end(of error: any Error, badFile: Int32 = badData) -> (code: Int32, text: String)? {
        switch error {
        case let end as any CommandEnd: (end.exitCode, end.description)
        case let fault as SettingsFault: (badSettings, "\(fault)")
        case let fault as FileFault: (badFile, "\(fault)")
        case let failure as KafkaFailure: (unavailable, "kafka: \(failure)")
        case let failure as RedisFailure: (unavailable, "\(failure)")
        default: nil
        }
    }
}
