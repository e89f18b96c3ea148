/// Which request may start next: at most `perHost` at once to a host, at most `maxTransfers` in all, and
/// in turn among the hosts that may start one.
///
/// Waiting happens here and not inside curl, whose own queue of waiting handles lets their time run and
/// serves the hosts in one line. A hung host fills its own share and nothing else. A pure value.
struct HostQueues {
    struct Waiting {
        let request: HTTPClientRequest
        /// When it gives up waiting, monotonic.
        let untilNs: UInt64
    }

    private struct Host {
        let key: String
        var live = 0
        var isInTurn = false
        var waiting = FIFO<Waiting>()
    }

    /// Hosts remembered while idle; beyond it idle ones are forgotten.
    static let maxIdleHosts = 256

    let perHost: Int
    let maxTransfers: Int
    private(set) var live = 0
    private(set) var waitingCount = 0
    private var hosts: [Int: Host] = [:]
    private var indices: [String: Int] = [:]
    private var nextIndex = 0
    /// Hosts with something waiting and room for it, each once.
    private var turns = FIFO<Int>()

    init(perHost: Int, maxTransfers: Int) {
        self.perHost = perHost
        self.maxTransfers = maxTransfers
    }

    mutating func add(_ request: HTTPClientRequest, untilNs: UInt64) {
        let index = index(for: Self.hostKey(request.url))
        hosts[index]?.waiting.append(Waiting(request: request, untilNs: untilNs))
        waitingCount += 1
        offerTurn(index)
    }

    /// Takes the next request that may start; `finished(host)` must follow when it has ended.
    mutating func next() -> (request: HTTPClientRequest, host: Int)? {
        while live < maxTransfers, let index = turns.popFirst() {
            hosts[index]?.isInTurn = false
            guard let waiting = hosts[index]?.waiting.popFirst() else { continue }
            waitingCount -= 1
            live += 1
            hosts[index]?.live += 1
            offerTurn(index)
            return (waiting.request, index)
        }
        return nil
    }

    mutating func finished(_ host: Int) {
        live -= 1
        hosts[host]?.live -= 1
        offerTurn(host)
    }

    /// Takes out those that have waited too long. A queue's first ones go first: a request behind another
    /// with a longer bound leaves with it.
    mutating func expired(nowNs: UInt64) -> [HTTPClientRequest] {
        guard waitingCount > 0 else { return [] }
        var expired: [HTTPClientRequest] = []
        for index in Array(hosts.keys) {
            while let first = hosts[index]?.waiting.first, first.untilNs <= nowNs {
                _ = hosts[index]?.waiting.popFirst()
                waitingCount -= 1
                expired.append(first.request)
            }
        }
        return expired
    }

    /// The earliest time at which `expired` has something to say; nil when nothing waits.
    var nextExpiryNs: UInt64? {
        waitingCount == 0 ? nil : hosts.values.compactMap { $0.waiting.first?.untilNs }.min()
    }

    mutating func removeAllWaiting() -> [HTTPClientRequest] {
        expired(nowNs: .max)
    }

    /// Scheme, name and port of a URL as written; what is no URL is a host of its own.
    static func hostKey(_ url: String) -> String {
        let bytes = url.utf8
        guard let scheme = bytes.firstIndex(of: UInt8(ascii: ":")) else { return url }
        let start = bytes[scheme...].dropFirst().firstIndex { $0 != UInt8(ascii: "/") } ?? bytes.endIndex
        let end = bytes[start...].firstIndex {
            $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
        }
        return String(url[..<(end ?? bytes.endIndex)])
    }

    private mutating func offerTurn(_ index: Int) {
        guard let host = hosts[index], !host.isInTurn, host.live < perHost, !host.waiting.isEmpty else {
            return
        }
        hosts[index]?.isInTurn = true
        turns.append(index)
    }

    private mutating func index(for key: String) -> Int {
        if let index = indices[key] { return index }
        if hosts.count >= Self.maxIdleHosts { forgetIdle() }
        nextIndex += 1
        hosts[nextIndex] = Host(key: key)
        indices[key] = nextIndex
        return nextIndex
    }

    private mutating func forgetIdle() {
        for (index, host) in hosts where host.live == 0 && host.waiting.isEmpty && !host.isInTurn {
            hosts[index] = nil
            indices[host.key] = nil
        }
    }
}
