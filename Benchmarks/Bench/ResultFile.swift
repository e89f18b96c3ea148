import Foundation
import Stack
import Wire

/// The rows as programs read them: `.run/bench/<part>.json`, a list of objects with the members of
/// `ResultRow`. A ratio without a peer, and one that is void, is null.
package enum ResultFile {
    package static func bytes(_ rows: [ResultRow]) -> [UInt8] {
        var json = JSONWriter(reserving: 256 * (rows.count + 1))
        json.beginArray()
        for row in rows { row.write(&json) }
        json.endArray()
        return json.bytes + [UInt8(ascii: "\n")]
    }

    /// Writes the file, in one step, and returns its path.
    @discardableResult
    package static func write(
        _ rows: [ResultRow], part: String, under base: String = ".run"
    ) throws(StackFailure) -> String {
        let path = "\(base)/bench/\(part).json"
        do {
            try FileManager.default.createDirectory(
                atPath: "\(base)/bench", withIntermediateDirectories: true)
            try Data(bytes(rows)).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw StackFailure("cannot write \(path): \(error)")
        }
        return path
    }
}
