import NIOCore

/// The way back for one request's answer.
package struct HTTPResponder: Sendable {
    private enum Way {
        case connection(HTTPConnection, UInt64)
        case closure(any EventLoop, @Sendable (HTTPResponse) -> Void)
    }

    private let way: Way

    init(_ connection: HTTPConnection, _ sequence: UInt64) {
        way = .connection(connection, sequence)
    }

    /// A responder without a connection, as tests of a service use it: `onResponse` gets the answer.
    package init(loop: any EventLoop, onResponse: @escaping @Sendable (HTTPResponse) -> Void) {
        way = .closure(loop, onResponse)
    }

    /// The loop on which the request came.
    package var loop: any EventLoop {
        switch way {
        case .connection(let connection, _): connection.loop
        case .closure(let loop, _): loop
        }
    }

    /// Answers the request. Free on the request's loop; from any other thread it hops there. Answers may come
    /// in any order: they leave in the order of the requests. After the connection is gone it does nothing.
    package func respond(_ response: HTTPResponse) {
        switch way {
        case .connection(let connection, let sequence):
            if connection.loop.inEventLoop {
                connection.answer(sequence, response)
            } else {
                connection.loop.execute { connection.answer(sequence, response) }
            }
        case .closure(let loop, let onResponse):
            if loop.inEventLoop { onResponse(response) } else { loop.execute { onResponse(response) } }
        }
    }
}
