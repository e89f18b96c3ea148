import Foundation
import Glibc

/// Waiting until a program that was started can be used. Blocks the thread, never past its limit, and
/// gives up at once, quoting the log, when the program has ended.
package struct Readiness {
    private let process: ChildProcess?
    private let limit: Duration

    /// - Parameter process: whose end makes waiting pointless; nil: nobody's.
    package init(of process: ChildProcess?, within limit: Duration) {
        self.process = process
        self.limit = limit
    }

    /// Somebody accepts connections on 127.0.0.1.
    package func port(_ port: Int) throws(StackFailure) {
        try wait(for: "port \(port) to accept connections") {
            (try? LoopbackSocket(port: port, deadline: Deadline(after: .seconds(1)))) != nil
        }
    }

    /// The file is there and not empty; returns what it holds. Its writer must rename it into place.
    package func file(_ path: String) throws(StackFailure) -> [UInt8] {
        var content: [UInt8] = []
        try wait(for: "the file \(path)") {
            content = FileManager.default.contents(atPath: path).map { [UInt8]($0) } ?? []
            return !content.isEmpty
        }
        return content
    }

    /// A GET is answered with 200.
    package func http(port: Int, _ target: String) throws(StackFailure) {
        try wait(for: "http://127.0.0.1:\(port)\(target) to answer 200") {
            (try? LoopbackHTTP.get(port: port, target, within: .seconds(1)))?.status == 200
        }
    }

    /// Any other sign, asked for every few milliseconds.
    ///
    /// - Parameter what: completes "waiting for …" in the message of the failure.
    package func wait(for what: String, until holds: () -> Bool) throws(StackFailure) {
        let held = try Deadline(after: limit).poll { () throws(StackFailure) -> Bool in
            if holds() { return true }
            if let process, let exit = process.exit {
                throw StackFailure(
                    "\(process.name) ended (\(exit)) while waiting for \(what)\n\(process.logTail())")
            }
            return false
        }
        guard held else {
            throw StackFailure(
                "gave up after \(limit) waiting for \(what)\n\(process?.logTail() ?? "")")
        }
    }
}
