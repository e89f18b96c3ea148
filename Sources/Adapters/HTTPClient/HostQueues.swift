/// One host's requests: those waiting here, and how many are under way.
final class HostQueue {
    struct Waiting {
        let request: HTTPClientRequest
        /// When it gives up waiting, monotonic.
        let untilNs: UInt64
    }

    let key: String
    fileprivate(set) var live = 0
    fileprivate var isInTurn = false
    fileprivate var waiting = FIFO<Waiting>()
    /// Handles that served this host last; their options mostly fit the next request here.
    var idle: [Transfer] = []
    /// Connections of the plain path that wait for a request; the one idle for longest comes first.
    var resting: [PlainConnection] = []

    fileprivate init(key: String) { self.key = key }
}

/// Which request may start next: at most `perHost` at once to a host, at most `maxTransfers` in all, and
/// in turn among the hosts that may start one.
///
/// Waiting happens here and not inside curl, whose own queue of waiting handles lets their time run and
/// serves the hosts in one line. A hung host fills its own share and nothing else. Does no I/O and reads
/// no clock; owned by the curl thread.
final class HostQueues {
    /// Hosts remembered; beyond it idle ones are forgotten.
    static let maxHosts = 256

    let perHost: Int
    let maxTransfers: Int
    private(set) var live = 0
    private(set) var waitingCount = 0
    private(set) var hosts: [String: HostQueue] = [:]
    /// Handles of hosts that were forgotten.
    private var spares: [Transfer] = []
    /// Hosts with something waiting and room for it, each once.
    private var turns = FIFO<HostQueue>()

    init(perHost: Int, maxTransfers: Int) {
        self.perHost = perHost
        self.maxTransfers = maxTransfers
    }

    func add(_ request: HTTPClientRequest, untilNs: UInt64) {
        let host = host(for: Self.hostKey(request.url))
        host.waiting.append(HostQueue.Waiting(request: request, untilNs: untilNs))
        waitingCount += 1
        offerTurn(host)
    }

    /// Takes the next request that may start; `finished(host)` must follow when it has ended.
    func next() -> (request: HTTPClientRequest, host: HostQueue)? {
        while live < maxTransfers, let host = turns.popFirst() {
            host.isInTurn = false
            guard let waiting = host.waiting.popFirst() else { continue }
            waitingCount -= 1
            live += 1
            host.live += 1
            offerTurn(host)
            return (waiting.request, host)
        }
        return nil
    }

    func finished(_ host: HostQueue) {
        live -= 1
        host.live -= 1
        offerTurn(host)
    }

    /// Takes out those that have waited too long. A queue's first ones go first: a request behind another
    /// with a longer bound leaves with it.
    func expired(nowNs: UInt64) -> [HTTPClientRequest] {
        guard waitingCount > 0 else { return [] }
        var expired: [HTTPClientRequest] = []
        for host in hosts.values {
            while let first = host.waiting.first, first.untilNs <= nowNs {
                _ = host.waiting.popFirst()
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

    func removeAllWaiting() -> [HTTPClientRequest] { expired(nowNs: .max) }

    /// A handle that is idle at any host.
    func takeIdleTransfer() -> Transfer? {
        if let transfer = spares.popLast() { return transfer }
        for host in hosts.values {
            if let transfer = host.idle.popLast() { return transfer }
        }
        return nil
    }

    /// Lets go of all idle handles.
    func forgetTransfers() {
        spares.removeAll()
        for host in hosts.values { host.idle.removeAll() }
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

    private func offerTurn(_ host: HostQueue) {
        guard !host.isInTurn, host.live < perHost, !host.waiting.isEmpty else { return }
        host.isInTurn = true
        turns.append(host)
    }

    private func host(for key: String) -> HostQueue {
        if let host = hosts[key] { return host }
        if hosts.count >= Self.maxHosts { forgetIdle() }
        let host = HostQueue(key: key)
        hosts[key] = host
        return host
    }

    /// Forgets hosts with nothing to do; their handles can serve any other.
    private func forgetIdle() {
        for (key, host) in hosts
        where host.live == 0 && host.waiting.isEmpty && !host.isInTurn && host.resting.isEmpty {
            spares += host.idle
            hosts[key] = nil
        }
    }
}
