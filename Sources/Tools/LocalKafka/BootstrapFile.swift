import Foundation

/// The file that tells clients where the broker is now; always whole, never half written.
struct BootstrapFile: Sendable {
    let path: String

    func write(_ bootstrap: String) throws {
        try Data("\(bootstrap)\n".utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// What an earlier process left would lead nowhere.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}
