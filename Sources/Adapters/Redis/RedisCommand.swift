/// One command with its arguments: one contiguous buffer and the end of each argument in it.
///
/// Built once and never parsed again; copying it copies two references. Arguments are bytes and may
/// hold anything. A command larger than `RedisOptions.maxCommandBytes` is refused when it is sent.
package struct RedisCommand: Sendable, Equatable {
    /// All arguments, the command's name first, without separators.
    package private(set) var bytes: [UInt8]
    /// The offset just past each argument in `bytes`.
    package private(set) var ends: [Int]

    /// - Parameters:
    ///   - name: the command's name, such as `"HGET"`; a second word is an argument of its own.
    ///   - reserving: expected size of all arguments together, in bytes.
    package init(_ name: StaticString, reserving: Int = 64) {
        bytes = []
        bytes.reserveCapacity(reserving)
        ends = []
        ends.reserveCapacity(8)
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    /// How many arguments there are, the name included.
    package var count: Int { ends.count }

    package mutating func add(_ argument: some Collection<UInt8>) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    package mutating func add(_ argument: String) {
        var argument = argument
        argument.withUTF8 { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    package mutating func add(_ argument: StaticString) {
        argument.withUTF8Buffer { bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    /// Adds the number in decimal, which is how Redis reads every number.
    package mutating func add(_ argument: some FixedWidthInteger) {
        appendDecimal(argument.magnitude, negative: argument < 0)
        ends.append(bytes.count)
    }

    /// The command with these arguments; for the short commands of tools and tests.
    package static func make(_ name: StaticString, _ arguments: String...) -> RedisCommand {
        var command = RedisCommand(name)
        for argument in arguments { command.add(argument) }
        return command
    }

    /// Digits without an intermediate `String`: counters and amounts are most of what scripts take.
    private mutating func appendDecimal<Magnitude: FixedWidthInteger>(
        _ magnitude: Magnitude, negative: Bool
    ) {
        if negative { bytes.append(UInt8(ascii: "-")) }
        let start = bytes.count
        var rest = magnitude
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }
}
