/// Prebuilt header lines in one run of bytes, each ended by CRLF.
enum HeaderLines {
    /// Whether every line, without its end, is as wanted; false too when the bytes are not whole lines.
    static func allSatisfy(_ bytes: [UInt8], _ isWanted: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for index in bytes.indices where bytes[index] == 10 {
                guard index > start, bytes[index - 1] == 13 else { return false }
                guard isWanted(UnsafeRawBufferPointer(rebasing: bytes[start..<(index - 1)])) else {
                    return false
                }
                start = index + 1
            }
            return start == bytes.count
        }
    }

    /// What is wrong with them, if anything: an empty line would end the head, and a CR or NUL within one
    /// might be read as an end of line.
    static func fault(_ bytes: [UInt8], maxLines: Int) -> String? {
        guard !bytes.isEmpty else { return nil }
        var count = 0
        let isWhole = allSatisfy(bytes) { line in
            count += 1
            return !line.isEmpty && !line.contains { $0 == 13 || $0 == 0 }
        }
        if !isWhole { return "header bytes that are not lines" }
        return count > maxLines ? "more than \(HTTPClientRequest.maxHeaders) headers" : nil
    }
}
