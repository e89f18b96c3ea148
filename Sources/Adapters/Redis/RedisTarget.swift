/// Where a service's Redis is: one server, or a cluster that is found by some of its nodes.
///
/// `redis://[[user]:password@]host[:port][/db]` or
/// `redis-cluster://[[user]:password@]host[:port][,host[:port]]...`
package enum RedisTarget: Sendable, Equatable, CustomStringConvertible {
    case server(RedisAddress)
    /// Nodes to ask for the map of slots; at least one. All nodes take the same user and password, and
    /// a cluster has only database 0.
    case cluster(seeds: [RedisAddress])

    /// Seeds beyond this are a mistake: one that answers is enough.
    private static let maxSeeds = 64

    /// - Throws: `RedisAddressFault`, which never quotes the password.
    package init(url: String) throws(RedisAddressFault) {
        let scheme = "redis-cluster://"
        guard url.lowercased().hasPrefix(scheme) else {
            guard url.lowercased().hasPrefix("redis://") else {
                throw RedisAddressFault(reason: "must begin with redis:// or redis-cluster://")
            }
            self = .server(try RedisAddress(url: url))
            return
        }
        let rest = url.dropFirst(scheme.count)
        // The last @, as for one server: what stands before it may hold commas of a password.
        let hosts = rest.lastIndex(of: "@").map { rest.index(after: $0) } ?? rest.startIndex
        let credentials = rest[..<hosts]
        var seeds: [RedisAddress] = []
        for host in rest[hosts...].split(separator: ",", omittingEmptySubsequences: false) {
            guard !host.contains("/") else {
                throw RedisAddressFault(reason: "a cluster has no database numbers")
            }
            seeds.append(try RedisAddress(url: "redis://\(credentials)\(host)"))
        }
        guard seeds.count <= Self.maxSeeds else {
            throw RedisAddressFault(reason: "names more than \(Self.maxSeeds) nodes")
        }
        self = .cluster(seeds: seeds)
    }

    /// Hosts and ports, never the password.
    package var description: String {
        switch self {
        case .server(let address): "\(address)"
        case .cluster(let seeds): "cluster " + seeds.map { "\($0)" }.joined(separator: ",")
        }
    }
}
