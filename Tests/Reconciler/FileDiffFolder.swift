import ArgumentParser
import CZlib
import CZstd
import CampaignFiles
import Glibc
import Wire

@testable import Reconciler

/// A directory of one test's own, with files of IDs, gone with the last reference to it.
final class FileDiffFolder {
    let path: String

    init() throws {
        path = "/tmp/reconciler-diff-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try OutputFile.makeDirectory(path)
    }

    deinit { Self.remove(path) }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try OutputFile.write("\(path)/\(name)", CollectionOfOne(bytes))
        return "\(path)/\(name)"
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    func read(_ name: String) throws -> String {
        String(decoding: try FileBytes.read("\(path)/\(name)", most: 1 << 30), as: UTF8.self)
    }

    /// The lines of a list as IDs.
    func ids(_ name: String) throws -> [UInt64] {
        try read(name).split(separator: "\n").map { line in
            CrockfordBase32.decode(Array(line.utf8)) ?? UInt64(line) ?? 0
        }
    }

    func report(_ name: String = "out/report.json") throws -> JSONObject {
        guard case .object(let report) = try JSON.parse(Array(read(name).utf8), limits: .document) else {
            throw FileFault(path: name, reason: "is no object")
        }
        return report
    }

    /// Names in a directory below.
    static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        for name in names(path) {
            if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        }
        rmdir(path)
    }

    static func gzip(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        precondition(hongbao_deflate_init_gzip(&stream, 6) == Z_OK)
        defer { deflateEnd(&stream) }
        var (input, output) = (bytes, [UInt8](repeating: 0, count: bytes.count + bytes.count / 10 + 1_000))
        let count = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(output.count)
                precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
                return output.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<count])
    }

    static func zstd(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let count = ZSTD_compress(&output, output.count, bytes, bytes.count, 3)
        precondition(ZSTD_isError(count) == 0)
        return Array(output[..<count])
    }

    /// Runs the comparison in this process.
    func diff(_ more: [String] = []) throws -> DiffOutcome {
        let command = try DiffCommand.parse(
            ["--should", "\(path)/should*", "--sent", "\(path)/sent*", "--out", "\(path)/out"] + more)
        return try command.comparison().run()
    }
}
