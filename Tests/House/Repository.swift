import Foundation

/// The repository that this file was compiled from, as text files.
struct Repository: Sendable {
    /// What is built, run or generated; never tracked.
    private static let skipped: Set<String> = [".git", ".run", "__pycache__", "Package.resolved"]

    let root: URL

    static let here = Repository(
        root: URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent())

    /// The text of a file, by its path from the root.
    func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    func lines(_ path: String) throws -> [String] {
        try text(path).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Paths from the root of all files below a folder, sorted; with an extension only those.
    func files(under folder: String = "", ext: String? = nil) -> [String] {
        var found = [String]()
        var folders = [folder]
        while let next = folders.popLast() {
            let url = next.isEmpty ? root : root.appendingPathComponent(next)
            let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
            for name in names where !Self.skipped.contains(name) && !name.hasPrefix(".build") {
                let path = next.isEmpty ? name : "\(next)/\(name)"
                var isFolder: ObjCBool = false
                let isThere = FileManager.default.fileExists(
                    atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
                if isThere, isFolder.boolValue {
                    folders.append(path)
                } else if ext == nil || name.hasSuffix(".\(ext!)") {
                    found.append(path)
                }
            }
        }
        return found.sorted()
    }

    /// The Swift files below a folder, with their folders' module names.
    func swiftFiles(under folder: String = "Sources") -> [String] { files(under: folder, ext: "swift") }
}
