import NIOCore
import NIOPosix

/// How a connection gets its channel; tests hand in one without a socket.
package struct RedisDialer: Sendable {
    /// Opens a channel on the loop and lets `prepare` add the handler before the first byte is read.
    package var dial:
        @Sendable (
            _ address: RedisAddress, _ loop: any EventLoop, _ timeout: Duration,
            _ prepare: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
        ) -> EventLoopFuture<any Channel>

    package init(
        dial:
            @escaping @Sendable (
                RedisAddress, any EventLoop, Duration,
                @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
            ) -> EventLoopFuture<any Channel>
    ) {
        self.dial = dial
    }

    /// TCP without Nagle's delay (we batch by ourselves) and with keep-alive probes (an idle
    /// connection through a dead path is noticed before it is needed).
    package static let tcp = RedisDialer { address, loop, timeout, prepare in
        ClientBootstrap(group: loop)
            .connectTimeout(.nanoseconds(Int64(timeout.nanoseconds)))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer(prepare)
            .connect(host: address.host, port: address.port)
    }
}
