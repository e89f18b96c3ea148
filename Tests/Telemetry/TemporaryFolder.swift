import Glibc

/// A folder that is gone after the test.
struct TemporaryFolder {
    private let root: String

    static func use<Result>(_ body: (TemporaryFolder) throws -> Result) throws -> Result {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        return try body(folder)
    }

    static func use<Result>(_ body: (TemporaryFolder) async throws -> Result) async throws -> Result {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        return try await body(folder)
    }

    private init() {
        var template = Array("/tmp/hongbao-test-XXXXXX".utf8CString)
        root = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func write(_ name: String, _ text: String) {
        let file = fopen(path(name), "we")!
        fputs(text, file)
        fclose(file)
    }

    func remove(_ name: String) {
        unlink(path(name))
    }

    func read(_ name: String) -> String? {
        guard let file = fopen(path(name), "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        return String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }

    /// Files only: the tests make no folders inside.
    private func remove() {
        if let entries = opendir(root) {
            while let entry = readdir(entries) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { unlink(path(name)) }
            }
            closedir(entries)
        }
        rmdir(root)
    }
}
