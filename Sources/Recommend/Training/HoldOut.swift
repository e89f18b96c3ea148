import ArgumentParser

/// Which visits are kept from the learner to be asked about afterwards: only such at which something was
/// claimed can be asked about.
enum HoldOut: Equatable, ExpressibleByArgument {
    /// Each person's last claim.
    case last
    /// The claims of the last part of the time that the log covers, 0 < share < 1.
    case time(share: Double)

    init?(argument: String) {
        if argument == "last" {
            self = .last
            return
        }
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "time", let share = Double(parts[1]), share > 0, share < 1 else {
            return nil
        }
        self = .time(share: share)
    }

    var description: String {
        switch self {
        case .last: "last"
        case .time(let share): "time:\(share)"
        }
    }

    var defaultValueDescription: String { description }

    /// The visits to learn from, and those to be asked about, each ascending.
    func split(_ log: ClaimLog) -> (train: [Int], test: [Int]) {
        switch self {
        case .last:
            var last = [Int](repeating: -1, count: log.users.count)
            for visit in 0..<log.count where log.claimed[visit] >= 0 {
                let person = Int(log.people[visit])
                if last[person] < 0 || log.atMs[visit] >= log.atMs[last[person]] { last[person] = visit }
            }
            let isTest = Set(last)
            return ((0..<log.count).filter { !isTest.contains($0) }, last.filter { $0 >= 0 }.sorted())
        case .time(let share):
            guard let first = log.atMs.min(), let end = log.atMs.max() else { return ([], []) }
            let cut = end - Int64(Double(end - first) * share)
            let train = (0..<log.count).filter { log.atMs[$0] < cut }
            return (train, (0..<log.count).filter { log.atMs[$0] >= cut && log.claimed[$0] >= 0 })
        }
    }
}
