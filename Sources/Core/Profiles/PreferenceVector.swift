import Wire

/// A vector of floats as one scale and a signed byte each: `value ≈ byte × scale`.
///
/// Symmetric linear quantisation: the largest magnitude becomes ±127, the error is at most half a scale step.
/// The scale keeps the upper 16 bits of a Float (the bfloat16 form), rounded up so that nothing overflows.
enum PreferenceVector {
    static func encode(_ values: [Float], _ out: inout ByteWriter) {
        out.u8(UInt8(values.count))
        guard !values.isEmpty else { return }
        let finite = values.map { $0.isFinite ? $0 : 0 }
        let largest = finite.reduce(Float(0)) { max($0, abs($1)) }
        let exact = (largest / 127).bitPattern
        let half = UInt16(exact >> 16) + (exact & 0xffff == 0 ? 0 : 1)
        out.u16(half)
        let scale = Float(bitPattern: UInt32(half) << 16)
        for value in finite {
            let step = scale > 0 ? (value / scale).rounded() : 0
            out.u8(UInt8(bitPattern: Int8(min(127, max(-127, step)))))
        }
    }

    static func decode(_ reader: inout ByteReader) throws -> [Float] {
        let count = try reader.u8()
        guard count > 0 else { return [] }
        let scale = Float(bitPattern: UInt32(try reader.u16()) << 16)
        guard scale.isFinite, scale >= 0 else { throw ProfileDamage.field("preference") }
        let bytes = try reader.bytes(Int(count))
        return bytes.map { Float(Int8(bitPattern: $0)) * scale }
    }
}
