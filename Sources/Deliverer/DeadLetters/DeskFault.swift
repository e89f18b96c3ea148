import ArgumentParser
import CampaignFiles
import Glibc
import Kafka
import Redis
import ServiceShell

/// Why one of an operator's commands ends other than well, with its exit code (sysexits.h).
struct DeskFault: Error, Equatable, CustomStringConvertible {
    /// What was handed in is not what it claims to be, or does not fit what is there.
    static let badData: Int32 = 65
    /// Redis or Kafka cannot be reached, or Redis is not open.
    static let unavailable: Int32 = 69
    static let cannotWrite: Int32 = 73
    /// Begun and not finished: the same command again carries on.
    static let again: Int32 = 75
    static let badSettings: Int32 = 78

    let code: Int32
    let description: String

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
        signal(SIGPIPE, SIG_IGN)
        do {
            return try await body()
        } catch let exit as ExitCode {
            throw exit
        } catch let fault as DeskFault {
            throw stopped(fault.code, fault)
        } catch let fault as SettingsFault {
            throw stopped(badSettings, fault)
        } catch let fault as FileFault {
            throw stopped(badData, fault)
        } catch let failure as KafkaFailure {
            throw stopped(unavailable, "kafka: \(failure)")
        } catch let failure as RedisFailure {
            throw stopped(unavailable, failure)
        }
    }

    private static func stopped(_ code: Int32, _ reason: Any) -> ExitCode {
        DeskOutput.warn("deliverer: \(reason)")
        return ExitCode(code)
    }
}
