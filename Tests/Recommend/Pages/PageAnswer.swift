import HTTPServer
import NIOCore

/// An answer as a client reads it.
struct PageAnswer {
    let response: HTTPResponse

    var status: Int { response.status }

    var bytes: [UInt8] {
        switch response.body {
        case .none: []
        case .bytes(let bytes): bytes
        case .buffer(let buffer): [UInt8](buffer.readableBytesView)
        }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// The only field of that name; nil when there is none or more than one.
    subscript(_ name: String) -> String? {
        let values = response.headers.filter { $0.0 == name }.map(\.1)
        return values.count == 1 ? values[0] : nil
    }

    init?(_ response: HTTPResponse?) {
        guard let response else { return nil }
        self.response = response
    }
}
