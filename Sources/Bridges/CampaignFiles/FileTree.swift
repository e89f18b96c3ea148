import Glibc

/// The plain files below a directory, with their stamps.
///
/// Links are not followed, and dot files and names beyond letters, digits, `.`, `_`, `-` are left out, so
/// that a key needs no escape in a URL and none can lead out of the directory.
package struct FileTree: Sendable, Equatable {
    package struct File: Sendable, Equatable {
        /// The path from the root on: `/gifts/kite.svg`.
        package let key: String
        /// Where it is in the file system.
        package let path: String
        package let stamp: FileStamp
    }

    package static let maxFiles = 1000
    private static let maxDepth = 8

    /// In the order of their names, directory by directory.
    package private(set) var files: [File] = []

    /// - Throws: where a directory cannot be read, or there is more than the maxima allow.
    package init(_ root: String) throws(FileFault) {
        try take(root, below: "/", depth: 0)
    }

    private mutating func take(_ directory: String, below prefix: String, depth: Int) throws(FileFault) {
        guard depth < Self.maxDepth else {
            throw FileFault(path: directory, reason: "is nested more than \(Self.maxDepth) deep")
        }
        for name in try DirectoryNames.list(directory) where Self.isPlain(name) {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else {
                throw FileFault(path: path, reason: String(cString: strerror(errno)))
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try take(path, below: "\(prefix)\(name)/", depth: depth + 1)
            case S_IFREG:
                guard files.count < Self.maxFiles else {
                    throw FileFault(path: path, reason: "is beyond \(Self.maxFiles) files in all")
                }
                files.append(File(key: prefix + name, path: path, stamp: FileStamp(status)))
            default: continue
            }
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
                || "._-".utf8.contains(byte)
        }
    }
}
