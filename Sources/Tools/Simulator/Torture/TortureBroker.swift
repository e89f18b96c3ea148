import Foundation
import Stack

/// The local broker's admin actions, and where it is.
extension LocalKafkaServer {
    /// An order to the broker, such as `/v1/admin/wipe`; it may stand still at the moment, and is asked again
    /// then. Blocks.
    func order(_ action: String) throws {
        let deadline = Deadline(after: .seconds(30))
        let isDone = try deadline.poll(everyUs: 100_000) { () throws(StackFailure) -> Bool in
            (try? LoopbackHTTP.post(port: adminPort, action, within: .seconds(5)))?.status == 200
        }
        guard isDone else { throw StackFailure("the broker does not do \(action)") }
    }

    /// Where it is now: it moves when it is wiped.
    var currentBootstrap: String {
        let text = try? String(contentsOfFile: bootstrapPath, encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? bootstrap
    }
}
