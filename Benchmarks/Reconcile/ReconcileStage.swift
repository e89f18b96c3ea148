import Bench
import Foundation
import Glibc
import Stack

/// What every measure stands on: the run directory, the data, the peers, and a voice.
final class ReconcileStage {
    let run: RunDirectory
    let options: ReconcileOptions
    let data: String
    /// Python's packages of the peers, installed beside the data once.
    private(set) var peerVersions: [(name: String, version: String)] = []
    private let repository = FileManager.default.currentDirectoryPath
    private var children = 0

    var pairs: Int { options.bench.pairs }
    private var packages: String { "\(data)/python" }
    private var peers: String { "\(repository)/Benchmarks/Peers/reconcile" }

    init(_ options: ReconcileOptions) throws {
        self.options = options
        guard FileManager.default.fileExists(atPath: "\(repository)/Benchmarks/Peers/reconcile") else {
            throw StackFailure("no Benchmarks here: run it in the repository's directory")
        }
        data = options.data.hasPrefix("/") ? options.data : "\(repository)/\(options.data)"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        run = try RunDirectory.claim(base: "\(repository)/.run", name: "bench-reconcile")
    }

    /// Makes sure of the peers of `diff`, from PyPI.
    func demandPeers() throws {
        guard peerVersions.isEmpty else { return }
        try install("duckdb", isNeeded: true)
        try install("polars", isNeeded: false)
    }

    func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Whether a peer can be run.
    func has(_ peer: String) -> Bool { peerVersions.contains { $0.name == peer } }

    private func install(_ name: String, isNeeded: Bool) throws {
        let python = try ServiceProgram.locateInPath("python3")
        for attempt in 0..<2 {
            let code = "import \(name); print(\(name).__version__)"
            let asked = try child("version-\(name)", python, ["-c", code])
            if asked.waitForExit(within: .seconds(60)) == .code(0) {
                let version = asked.logTail(lines: 1).split(separator: "\n").last.map(String.init) ?? "?"
                peerVersions.append((name, version))
                return
            }
            guard attempt == 0 else { break }
            say("installing \(name)")
            let pip = try child(
                "pip-\(name)", python, ["-m", "pip", "install", "--quiet", "--target", packages, name])
            _ = pip.waitForExit(within: .seconds(600))
        }
        guard !isNeeded else { throw StackFailure("\(name) cannot be installed by pip") }
    }

    func child(_ name: String, _ executable: String, _ arguments: [String]) throws -> ChildProcess {
        children += 1
        return try ChildProcess(
            name: "\(name)-\(children)", executable: executable, arguments: arguments,
            environment: ["PYTHONPATH": packages, "POLARS_MAX_THREADS": "2"], in: run)
    }

    private static let outOfMemory = "was killed: the memory was not enough"

    /// How a command did.
    struct Timing: Decodable {
        var seconds: Double
        var peakMiB: Double
        var cpuSeconds: Double
        var code: Int

        enum CodingKeys: String, CodingKey {
            case seconds, code
            case peakMiB = "peak_mib"
            case cpuSeconds = "cpu_seconds"
        }

        var text: String {
            "\(Figure.text(seconds)) s, \(Figure.text(cpuSeconds)) s of processor, "
                + "\(Figure.text(peakMiB)) MiB"
        }
    }

    /// Runs a command to its end and measures it; what it said comes back too.
    func time(_ name: String, _ command: [String]) throws -> (Timing, said: String) {
        let result = "\(run.path)/timing.json"
        let python = try ServiceProgram.locateInPath("python3")
        let child = try child(name, python, ["\(peers)/measure.py", result] + command)
        guard child.waitForExit(within: .seconds(3600)) == .code(0) else {
            throw StackFailure("\(name) does not end: \(child.logTail())")
        }
        let timing = try JSONDecoder().decode(
            Timing.self, from: Data(contentsOf: URL(fileURLWithPath: result)))
        // 9: SIGKILL, which nobody sends here but the kernel that has no memory left.
        guard timing.code != -9 else { throw StackFailure("\(name) \(Self.outOfMemory)") }
        guard timing.code == 0 else { throw StackFailure("\(name) failed: \(child.logTail())") }
        return (timing, child.logTail(lines: 60))
    }

    /// Ours over a set of files.
    func diff(_ files: IDFiles, _ more: [String] = []) throws -> Timing {
        let out = "\(data)/out"
        let (timing, _) = try time(
            "diff",
            [
                try ServiceProgram.locate("reconciler"), "diff", "--should", "\(files.path)/should-*.txt",
                "--sent",
                "\(files.path)/sent-*.txt", "--form", "decimal", "--out", out,
            ] + more)
        let report = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: "\(out)/report.json")))
        let counts = report as? [String: Any]
        guard counts?["missing"] as? Int == files.missing, counts?["unexpected"] as? Int == files.unexpected
        else {
            throw StackFailure("diff counts \(counts?["missing"] ?? "?"), \(counts?["unexpected"] ?? "?")")
        }
        guard files.areFound(in: out) else { throw StackFailure("diff lists others than were put in") }
        return timing
    }

    /// A peer over the same files.
    func peer(_ script: String, _ files: IDFiles) throws -> Timing {
        let out = "\(data)/peer"
        try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true)
        let (timing, said) = try time(
            script,
            [
                try ServiceProgram.locateInPath("python3"), "\(peers)/\(script).py",
                "\(files.path)/should-*.txt", "\(files.path)/sent-*.txt", files.form.columnType, out,
            ])
        guard said.contains("\(files.missing) \(files.unexpected)") else {
            throw StackFailure("\(script) does not count the same: \(said)")
        }
        return timing
    }
}
