import Wire

/// A vector of floats as one scale and a signed byte each: `value ≈ byte × scale`.
///
/// Symmetric linear quantisation: the largest magnitude becomes ±127, the error is at most half a scale step.
/// The scale keeps the upper 16 bits of a Float (the bfloat16 form), rounded to the nearest: it is off by
/// 1/256 at most, so that the largest value still rounds to 127. Hence a vector that has been quantised
/// once comes out of a second time as it went in, however often a profile is written back.
enum PreferenceVector {
    static func encode(_ values: [Float], _ out: inout ByteWriter) {
        out.u8(UInt8(values.count))
        guard !values.isEmpty else { return }
        var largest: Float = 0
        for value in values where value.isFinite { largest = max(largest, abs(value)) }
        let half = UInt16(((largest / 127).bitPattern + 0x8000) >> 16)
        out.u16(half)
        let scale = Float(bitPattern: UInt32(half) << 16)
        for value in values {
            let step = scale > 0 && value.isFinite ? (value / scale).rounded() : 0
            out.u8(UInt8(bitPattern: Int8(min(127, max(-127, step)))))
        }
    }

    /// Puts the values in place of what is in `values`.
    static func decode(_ reader: inout ByteCursor, into values: inout [Float]) throws(ProfileDamage) {
        let count = Int(try reader.u8())
        guard count > 0 else { return values.removeAll(keepingCapacity: true) }
        let scale = Float(bitPattern: UInt32(try reader.u16()) << 16)
        guard scale.isFinite, scale >= 0 else { throw .field("preference") }
        let bytes = try reader.bytes(count)
        if values.count != count { values = [Float](repeating: 0, count: count) }
        values.withUnsafeMutableBufferPointer { values in
            for index in 0..<count { values[index] = Float(Int8(bitPattern: bytes[index])) * scale }
        }
    }
}
