/// A compressor gave up, which it does for want of memory only: its input is whole and its room is enough.
struct CompressionFault: Error, Equatable, CustomStringConvertible {
    let library: String
    /// What the library said; brotli says nothing but no.
    let code: Int32

    var description: String { "\(library) failed with \(code)" }
}
