/// The lines of a file that could not be used: all counted, the first of them named.
struct BadLines {
    /// So many are shown; the others only count.
    static let shownMaximum = 20

    /// More than a run is willing to pass over.
    struct TooMany: Error, CustomStringConvertible {
        let file: String
        let limit: Int

        var description: String { "\(file): more than \(limit) bad lines" }
    }

    let file: String
    /// How many are passed over.
    let limit: Int
    private(set) var count = 0
    /// `file:line: reason`, the first `shownMaximum`.
    private(set) var shown: [String] = []

    init(file: String, limit: Int = .max) {
        self.file = file
        self.limit = limit
    }

    mutating func add(_ number: Int, _ reason: String) throws(TooMany) {
        count += 1
        if shown.count < Self.shownMaximum { shown.append("\(file):\(number): \(reason)") }
        if count > limit { throw TooMany(file: file, limit: limit) }
    }
}
