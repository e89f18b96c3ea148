/// Why a request is refused. After one the connection takes nothing more: where the next request would begin
/// is no longer certain.
package enum Refusal: UInt8, Error, Sendable, CaseIterable {
    // Bytes.
    case bareLineFeed, bareCarriageReturn, controlByte
    // The request line.
    case requestLine, method, version, target, asterisk
    // Fields.
    case fieldName, foldedField
    case host, hostName, repeatedAuthorization, expectation
    // The body's length.
    case bothLengths, repeatedLength, length, codingInOldVersion, coding, unknownCoding
    // Chunks.
    case chunkSize, chunkExtension, chunkEnd, trailerField
    // Limits.
    case headBytes, fieldCount, bodyBytes, trailerBytes

    package var status: Int {
        switch self {
        case .method, .unknownCoding: 501
        case .version: 505
        case .expectation: 417
        case .bodyBytes: 413
        case .headBytes, .fieldCount, .trailerBytes: 431
        default: 400
        }
    }

    /// One sentence for whoever sent it.
    package var reason: StaticString {
        switch self {
        case .bareLineFeed: "A line ends with a line feed alone."
        case .bareCarriageReturn: "A carriage return without a line feed."
        case .controlByte: "A control byte stands in the request line or a field."
        case .requestLine: "The request line is not method, target and version, one space between them."
        case .method: "This server does not know the method."
        case .version: "This server speaks HTTP/1.1 and HTTP/1.0."
        case .target: "The request target is neither a path nor an http URI."
        case .asterisk: "The target * goes with OPTIONS only."
        case .fieldName: "A field's name is no token, or no colon follows it at once."
        case .foldedField: "A field is folded over lines."
        case .host: "The host field must be there exactly once."
        case .hostName: "The host is neither a name nor an address with an optional port."
        case .repeatedAuthorization: "More than one authorization."
        case .expectation: "Only 100-continue can be expected."
        case .bothLengths: "Both transfer-encoding and content-length."
        case .repeatedLength: "More than one content-length."
        case .length: "content-length is no number that this server can hold."
        case .codingInOldVersion: "transfer-encoding in HTTP/1.0."
        case .coding: "transfer-encoding is not chunked, once and alone."
        case .unknownCoding: "This server takes no transfer coding but chunked."
        case .chunkSize: "A chunk's size is no hexadecimal number."
        case .chunkExtension: "A chunk's extension is not well-formed."
        case .chunkEnd: "A chunk does not end where its size says."
        case .trailerField: "A field that must not stand in a trailer."
        case .headBytes: "The request line and fields are larger than this server takes."
        case .fieldCount: "More fields than this server takes."
        case .bodyBytes: "The body is larger than this server takes."
        case .trailerBytes: "Chunk extensions and trailers are larger than this server takes."
        }
    }
}
