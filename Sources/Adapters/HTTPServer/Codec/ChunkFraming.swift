/// What stands between the content of chunks (RFC 9112 section 7.1), byte by byte: sizes, extensions and the
/// line breaks after content. Extensions are checked and dropped; blanks around their parts are refused,
/// since a server may and no sender of today writes them.
struct ChunkFraming: Sendable {
    /// What a byte has brought.
    enum Outcome {
        case goesOn
        /// Content of that many bytes, 1 or more, follows.
        case content(Int)
        /// The last chunk's line is over; trailers follow.
        case last
    }

    private enum Place {
        case firstDigit, digits, sizeLineFeed
        case extensionName, extensionNameRest, extensionValue, tokenValue, quotedValue, quotedPair, afterQuote
        case contentReturn, contentLineFeed
    }

    private var place = Place.firstDigit
    private var size = 0
    private var digits = 0

    init() {}

    /// The content that `take` has announced is over.
    mutating func contentEnded() {
        place = .contentReturn
    }

    /// In an extension, whose bytes are counted.
    var isInExtension: Bool {
        switch place {
        case .firstDigit, .digits, .sizeLineFeed, .contentReturn, .contentLineFeed: false
        default: true
        }
    }

    mutating func take(_ byte: UInt8) throws(Refusal) -> Outcome {
        switch place {
        case .contentReturn:
            guard byte == ByteClass.carriageReturn else { throw .chunkEnd }
            place = .contentLineFeed
        case .contentLineFeed:
            guard byte == ByteClass.lineFeed else { throw .chunkEnd }
            self = ChunkFraming()
        case .firstDigit, .digits: try takeSize(byte)
        case .sizeLineFeed:
            guard byte == ByteClass.lineFeed else { throw .bareCarriageReturn }
            return size == 0 ? .last : .content(size)
        default: try takeExtension(byte)
        }
        return .goesOn
    }

    private mutating func takeSize(_ byte: UInt8) throws(Refusal) {
        if let nibble = ByteClass.nibble(byte) {
            // 15 digits always fit; nobody needs leading zeros beyond that.
            digits += 1
            guard digits <= 15 else { throw .chunkSize }
            size = size << 4 | Int(nibble)
            place = .digits
            return
        }
        guard place == .digits else { throw .chunkSize }
        switch byte {
        case ByteClass.carriageReturn: place = .sizeLineFeed
        case UInt8(ascii: ";"): place = .extensionName
        case ByteClass.lineFeed: throw .bareLineFeed
        default: throw .chunkSize
        }
    }

    /// `";" name [ "=" ( token / quoted-string ) ]`, any number of times.
    private mutating func takeExtension(_ byte: UInt8) throws(Refusal) {
        switch place {
        case .extensionName where ByteClass.isToken(byte): place = .extensionNameRest
        case .extensionNameRest where ByteClass.isToken(byte), .tokenValue where ByteClass.isToken(byte):
            break
        case .extensionNameRest where byte == UInt8(ascii: "="): place = .extensionValue
        case .extensionValue where ByteClass.isToken(byte): place = .tokenValue
        case .extensionValue where byte == ByteClass.quote: place = .quotedValue
        case .quotedValue where byte == ByteClass.quote: place = .afterQuote
        case .quotedValue where byte == UInt8(ascii: "\\"): place = .quotedPair
        case .quotedValue where Self.isText(byte): break
        case .quotedPair where Self.isText(byte): place = .quotedValue
        case .extensionNameRest where byte == UInt8(ascii: ";"),
            .tokenValue where byte == UInt8(ascii: ";"),
            .afterQuote where byte == UInt8(ascii: ";"):
            place = .extensionName
        case .extensionNameRest where byte == ByteClass.carriageReturn,
            .tokenValue where byte == ByteClass.carriageReturn,
            .afterQuote where byte == ByteClass.carriageReturn:
            place = .sizeLineFeed
        default: throw byte == ByteClass.lineFeed ? .bareLineFeed : .chunkExtension
        }
    }

    private static func isText(_ byte: UInt8) -> Bool {
        byte == ByteClass.tab || (byte >= ByteClass.space && byte != ByteClass.delete)
    }
}
