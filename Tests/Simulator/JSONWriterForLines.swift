import Wire

@testable import Simulator

/// Newline-delimited grants, as the admin port gives them.
struct JSONWriterForLines {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ line: GrantLine) {
        var json = JSONWriter()
        line.write(into: &json)
        bytes += json.bytes + [UInt8(ascii: "\n")]
    }
}
