import CCrypto

/// HMAC-SHA256 (RFC 2104) under one key, its pads hashed once: a short message costs two blocks, not four.
///
/// Cheap to copy, usable from any thread at once.
package struct HMACSHA256: Sendable {
    private let pads: HMACPads

    /// `prefix` is hashed before the parts of every message: a domain that separates this use of the key
    /// from others, paid for once.
    package init(key: Secret, prefix: [UInt8] = []) {
        pads = HMACPads(key: key, prefix: prefix)
    }

    package init(key: [UInt8]) {
        self.init(key: Secret(key))
    }

    /// The 32 bytes of tag over the parts, one after the other.
    package func tag(_ parts: [UInt8]...) -> [UInt8] {
        var message = begin()
        for part in parts { message.add(part) }
        return message.finish()
    }

    /// Whether `tag` is the tag of the message, in a time that does not tell where they differ. Allocates
    /// nothing.
    package func isTag(_ tag: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer) -> Bool {
        guard tag.count == Int(HONGBAO_SHA256_BYTES) else { return false }
        return isTagStart(tag, of: message)
    }

    /// The same for a tag that was cut to its first bytes, as its format says how many.
    func isTagStart(_ tag: UnsafeRawBufferPointer, of message: UnsafeRawBufferPointer) -> Bool {
        withExtendedLifetime(pads) {
            hongbao_hmac_sha256_is_tag(
                pads.state, message.baseAddress, message.count, tag.baseAddress, tag.count) == 1
        }
    }

    /// A message given piece by piece.
    package func begin() -> Message {
        Message(state: pads.state.pointee)
    }

    package struct Message: Sendable {
        fileprivate var state: hongbao_hmac_sha256

        package mutating func add(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes { add($0) }
        }

        package mutating func add(_ bytes: UnsafeRawBufferPointer) {
            hongbao_hmac_sha256_update(&state, bytes.baseAddress, bytes.count)
        }

        /// The tag, 32 bytes. The message is over then.
        package mutating func finish() -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: Int(HONGBAO_SHA256_BYTES)) { tag, count in
                hongbao_hmac_sha256_final(&state, tag.baseAddress)
                count = Int(HONGBAO_SHA256_BYTES)
            }
        }
    }
}

/// The precomputed states, as good as the key itself: kept behind a pointer, so that no mirror shows them,
/// and wiped when the last user goes.
///
/// Unchecked: the pointee is written in `init` and `deinit` only, and read in between.
private final class HMACPads: @unchecked Sendable {
    let state: UnsafeMutablePointer<hongbao_hmac_sha256>

    init(key: Secret, prefix: [UInt8]) {
        state = .allocate(capacity: 1)
        state.initialize(to: hongbao_hmac_sha256())
        key.bytes.withUnsafeBytes { hongbao_hmac_sha256_init(state, $0.baseAddress, $0.count) }
        prefix.withUnsafeBytes { hongbao_hmac_sha256_update(state, $0.baseAddress, $0.count) }
    }

    deinit {
        OPENSSL_cleanse(state, MemoryLayout<hongbao_hmac_sha256>.size)
        state.deallocate()
    }
}
