import Glibc

/// One file of keys in a folder of its own, replaced as an operator would.
struct KeyFolder {
    private let root: String

    init() {
        var template = Array("/tmp/hongbao-keys-XXXXXX".utf8CString)
        root = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    var path: String { root + "/keys" }

    func write(_ text: String) {
        let file = fopen(path + ".new", "we")!
        fputs(text, file)
        fclose(file)
        rename(path + ".new", path)
    }

    func remove() {
        unlink(path)
        rmdir(root)
    }
}
