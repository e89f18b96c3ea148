import Bench
import Foundation
import Glibc
import Stack
import Wire

/// What the IDs of a bench are like.
enum IDKind: String {
    /// Ours: lanes of a campaign, dense within lane and shard.
    case dense
    /// Random 64-bit numbers.
    case random

    var columnType: String { self == .dense ? "BIGINT" : "UBIGINT" }
}

/// The two lists as files: one hundred a side, written once and used again.
struct IDFiles {
    /// Of everything that is drawn at random.
    private static let seed: UInt64 = 0x4842_7265_636f_6e63
    private static let version = 2
    static let filesASide = 100
    /// What the comparison has to find.
    private static let truth = (missing: "missing.truth", unexpected: "unexpected.truth")
    /// Of so many that are due one gets lost, and after so many one comes from nowhere; and which of them.
    private static let (lostEvery, lostAt) = (10_000, 5_000)
    private static let (strangeEvery, strangeAt) = (20_000, 7_000)
    private static let sides = ["should", "sent"]
    /// What was sent is out of order within so many.
    private static let window = 1 << 16

    let form: IDKind
    let count: Int
    let path: String
    let missing: Int
    let unexpected: Int

    /// Writes the files if they are not there.
    init(_ stage: ReconcileStage, _ form: IDKind, count: Int) throws {
        self.form = form
        self.count = count
        path = "\(stage.data)/\(form.rawValue)-\(count)"
        missing = (count - 1 + Self.lostEvery - Self.lostAt) / Self.lostEvery
        unexpected = (count - 1 + Self.strangeEvery - Self.strangeAt) / Self.strangeEvery
        let mark = "\(path)/whole"
        let text = "\(Self.version) \(Self.seed) \(count)"
        if (try? String(contentsOfFile: mark, encoding: .utf8)) == text {
            // A bench that was killed may have left them.
            for grown in Self.sides.map(grownPath) { unlink(grown) }
            return
        }
        stage.say("writing \(count) IDs a side, \(form.rawValue)")
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write()
        // What the kernel has yet to write would be written while something is measured.
        sync()
        try text.write(toFile: mark, atomically: true, encoding: .utf8)
    }

    private func write() throws {
        var source = IDSource(form, seed: Self.seed)
        var random = SplitMix64(seed: ~Self.seed)
        var window: [UInt64] = []
        window.reserveCapacity(Self.window + 2)
        let should = ListWriter(path, "should", perFile: (count + Self.filesASide - 1) / Self.filesASide)
        let sent = ListWriter(path, "sent", perFile: (count + Self.filesASide - 1) / Self.filesASide)
        var (lost, strange): ([UInt64], [UInt64]) = ([], [])
        for index in 0..<count {
            let id = source.next()
            try should.add(id)
            if index % Self.lostEvery != Self.lostAt { window.append(id) } else { lost.append(id) }
            if index % Self.strangeEvery == Self.strangeAt {
                strange.append(source.stranger(id))
                window.append(strange[strange.count - 1])
            }
            guard window.count >= Self.window || index == count - 1 else { continue }
            for last in stride(from: window.count - 1, to: 0, by: -1) {
                window.swapAt(last, Int(random.next() % UInt64(last + 1)))
            }
            for id in window { try sent.add(id) }
            window.removeAll(keepingCapacity: true)
        }
        try should.finish()
        try sent.finish()
        precondition((lost.count, strange.count) == (missing, unexpected), "the files are not what they say")
        for (name, ids) in [(Self.truth.missing, lost), (Self.truth.unexpected, strange)] {
            try text(ids).write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        }
    }

    /// Has the kernel keep the files in memory, as far as there is room.
    func warm() throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { room.deallocate() }
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw StackFailure("cannot read in \(path)", errno: errno) }
            defer { close(descriptor) }
            while read(descriptor, room.baseAddress, room.count) > 0 {}
        }
    }

    /// As a list of results has them: ascending, one a line.
    private func text(_ ids: [UInt64]) -> String { ids.sorted().map { "\($0)\n" }.joined() }

    /// Whether a directory holds the two lists that were put into the files, and nothing besides.
    func areFound(in out: String) -> Bool {
        zip([Self.truth.missing, Self.truth.unexpected], ["resend.txt", "unexpected.txt"]).allSatisfy {
            FileManager.default.contentsEqual(atPath: "\(path)/\($0)", andPath: "\(out)/\($1)")
        }
    }

    /// One file more a side, with as many IDs as one of a hundred has, none of them there before. What is
    /// missing and unexpected stays as it is.
    func grow() throws -> [String] {
        var source = IDSource(form, seed: Self.seed &+ 1 << 62, firstLane: 70_000_000)
        let ids = (0..<(count / Self.filesASide)).map { _ in source.next() }
        return try Self.sides.map { side in
            let writer = ListWriter(path, "\(side)-grown", perFile: ids.count + 1)
            for id in ids { try writer.add(id) }
            try writer.finish()
            return grownPath(side)
        }
    }

    private func grownPath(_ side: String) -> String { "\(path)/\(side)-grown-000.txt" }
}

/// IDs, one after another, none of them twice.
struct IDSource {
    /// Loops that claim at a time, shards, and how many orders a lane lives.
    private static let lanes = 8
    private static let shards = 64
    private static let ordersALane = 4_000_000

    private let form: IDKind
    private var random: SplitMix64
    private var index: UInt64 = 0
    private let seed: UInt64
    private var firstLane: UInt64
    private var sequences: [UInt64]

    init(_ form: IDKind, seed: UInt64, firstLane: UInt64 = 60_000_000) {
        self.form = form
        self.seed = seed
        self.firstLane = firstLane
        random = SplitMix64(seed: seed)
        sequences = Array(repeating: 0, count: Self.lanes * Self.shards)
    }

    mutating func next() -> UInt64 {
        index += 1
        // A bijection of the index: no ID comes twice.
        guard form == .dense else { return splitMix64(index &+ seed) }
        if index % UInt64(Self.lanes * Self.ordersALane) == 0 {
            // Lanes have come to their ends: every loop takes a new one.
            firstLane += UInt64(Self.lanes)
            for place in sequences.indices { sequences[place] = 0 }
        }
        let place = Int(random.next() >> 55)
        let (lane, shard) = (UInt64(place / Self.shards), UInt64(place % Self.shards))
        let id = (firstLane + lane) << 32 | shard << 22 | sequences[place]
        sequences[place] += 1
        return id
    }

    /// An ID that `next` never gives.
    func stranger(_ id: UInt64) -> UInt64 {
        form == .dense ? id | 1 << 21 : splitMix64(~index &+ seed)
    }
}

/// Decimal lines into numbered files of equal length.
private final class ListWriter {
    private static let bufferBytes = 1 << 20
    private let path: String
    private let name: String
    private let perFile: Int
    private var (number, left) = (0, 0)
    private var descriptor: Int32 = -1
    private var bytes: [UInt8] = []

    init(_ path: String, _ name: String, perFile: Int) {
        (self.path, self.name, self.perFile) = (path, name, perFile)
        bytes.reserveCapacity(Self.bufferBytes + 64)
    }

    func add(_ id: UInt64) throws {
        if left == 0 {
            try finish()
            let digits = String(1_000 + number).dropFirst()
            descriptor = open(
                "\(path)/\(name)-\(digits).txt", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw StackFailure("cannot write in \(path)", errno: errno) }
            (number, left) = (number + 1, perFile)
        }
        left -= 1
        DecimalDigits.append(id, to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        if bytes.count >= Self.bufferBytes { try flush() }
    }

    private func flush() throws {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress! + done, $0.count - done)
            }
            guard count > 0 else { throw StackFailure("cannot write in \(path)", errno: errno) }
            done += count
        }
        bytes.removeAll(keepingCapacity: true)
    }

    func finish() throws {
        guard descriptor >= 0 else { return }
        try flush()
        close(descriptor)
        descriptor = -1
    }
}
