import NIOCore
import Wire

/// Where a server listens and what it allows one connection to take.
///
/// Every limit has a default that suits small JSON requests; none can be switched off.
package struct HTTPServerOptions: Sendable {
    /// Stands in the metrics' `server` label and in log lines.
    package var name: String
    /// Address to listen on.
    package var host: String
    /// Port to listen on; 0 takes a free one.
    package var port: Int
    /// Largest request line plus header section, bytes; beyond it 431. It also bounds one read, so that it
    /// caps how much of a client's pipeline is decoded ahead.
    package var maxHeaderBytes = 16 * 1024
    /// Most header fields a request may have; beyond it 431.
    package var maxHeaderFields = 64
    /// Largest request body, bytes, counted as sent (chunk framing excluded); beyond it 413.
    package var maxBodyBytes = 64 * 1024
    /// Requests of one connection that the service may hold at once; reading stops until one is answered.
    package var maxPipelined = 64
    /// Response bytes gathered before they are written out within one tick.
    package var maxGatheredBytes = 256 * 1024
    /// Connections over all loops; more are closed as they are accepted.
    package var maxConnections = 20_000
    /// A connection with nothing begun, or whose peer reads nothing, is closed after this.
    package var idleTimeout: TimeAmount = .seconds(75)
    /// From a request's first byte to its last; beyond it 408. A TLS handshake may take as long.
    package var requestTimeout: TimeAmount = .seconds(10)
    /// From the hand-over to the service to its answer; beyond it 503.
    package var answerTimeout: TimeAmount = .seconds(30)
    /// How long a closing connection is read, and what it says thrown away, so that the peer gets the last
    /// response rather than a reset.
    package var lingerTimeout: TimeAmount = .seconds(2)
    /// How often deadlines are looked at, and how stale the `date` header may be.
    package var sweepInterval: TimeAmount = .milliseconds(250)

    /// Networks that connections are taken from; others are closed as they are accepted. nil: all.
    package var allowedNetworks: NetworkList?
    /// nil: connections are in clear.
    package var tls: TLSPort?

    package init(name: String = "http", host: String = "127.0.0.1", port: Int) {
        self.name = name
        self.host = host
        self.port = port
    }

    var requestLimits: RequestLimits {
        RequestLimits(
            maxHeadBytes: maxHeaderBytes, maxFields: maxHeaderFields, maxBodyBytes: maxBodyBytes)
    }

    /// Whether a peer may connect. One without an address comes over a socket of this machine's.
    func allows(_ peer: IPAddress?) -> Bool {
        guard let allowedNetworks, let peer else { return true }
        return allowedNetworks.contains(peer)
    }

    /// A time-out in whole sweeps, at least one.
    func sweeps(_ time: TimeAmount) -> UInt32 {
        UInt32(
            clamping: max(1, (time.nanoseconds + sweepInterval.nanoseconds - 1) / sweepInterval.nanoseconds))
    }
}
