import Glibc

/// What stands in a directory.
package enum DirectoryNames {
    /// More names than this are refused rather than read.
    package static let maximum = 10_000

    /// The names in it, sorted, without those that begin with a dot.
    package static func list(_ path: String) throws(FileFault) -> [String] {
        guard let directory = opendir(path) else {
            throw FileFault(path: path, reason: String(cString: strerror(errno)))
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            guard names.count < maximum else {
                throw FileFault(path: path, reason: "holds more than \(maximum) files")
            }
            names.append(name)
        }
        return names.sorted()
    }
}
