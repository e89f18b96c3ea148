import Glibc

/// Standard output and standard error, whole lines at a time.
enum Console {
    static func say(_ text: String) {
        put(STDOUT_FILENO, Array((text + "\n").utf8)[...])
    }

    static func warn(_ text: String) {
        put(STDERR_FILENO, Array((text + "\n").utf8)[...])
    }

    /// Standard output, as it is.
    static func put(_ bytes: [UInt8]) {
        put(STDOUT_FILENO, bytes[...])
    }

    private static func put(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Rows in columns as wide as their widest cell: the first to the left, the others, numbers, to the
    /// right.
    static func table(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.reduce(0) { max($0, column < $1.count ? $1[column].count : 0) }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + gap : gap + cell
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
