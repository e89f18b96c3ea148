import Synchronization

/// The ports that the process listens on, written as `{"admin":40001,"http":40002}` once all are known, so
/// that whoever started the process with port 0 finds them.
package final class PortsFile: Sendable {
    private struct State {
        var expected: Set<String> = []
        var ports: [String: Int] = [:]
    }

    private let path: String?
    private let state = Mutex(State())

    /// - Parameter path: nil writes none. A file left by an earlier process is removed.
    package init(path: String?) {
        self.path = path
        if let path { SmallFile.remove(path) }
    }

    /// Holds the file back until that port is reported.
    package func expect(_ name: String) {
        _ = state.withLock { $0.expected.insert(name) }
    }

    /// - Throws: when the file cannot be written.
    package func report(_ name: String, _ port: Int) throws {
        let ports: [String: Int]? = state.withLock { state in
            state.ports[name] = port
            return state.expected.isSubset(of: state.ports.keys) ? state.ports : nil
        }
        guard let path, let ports else { return }
        let members = ports.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        guard SmallFile.replace(path, with: Array("{\(members.joined(separator: ","))}\n".utf8)) else {
            throw SettingsFault(
                key: "ports_file", value: path, allowed: "cannot be written: \(SmallFile.lastError)",
                origin: "settings")
        }
    }
}
