import Glibc

/// Random bytes of the kernel's generator, which nobody can foretell: what people win hangs on them.
enum RandomBytes {
    static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                // At most 256 bytes a call, by its manual page; it fails only for more, or without a kernel
                // that has the call.
                let part = min(256, count - filled)
                guard getentropy(buffer.baseAddress! + filled, part) == 0 else {
                    preconditionFailure("getentropy: \(errno)")
                }
                filled += part
            }
        }
    }
}
