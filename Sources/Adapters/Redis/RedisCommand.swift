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

    /// The bytes of an argument, 0 being the name; nil where there are not so many.
    func argument(at index: Int) -> ArraySlice<UInt8>? {
        guard index < ends.count else { return nil }
        return bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The slot of the key that stands at this place; nil where nothing does.
    func slot(at index: Int) -> Int? {
        argument(at: index).map { $0.withUnsafeBytes { RedisSlot.of($0) } }
    }

    // Concrete overloads: a generic one is not specialised across modules, and costs ten times as much.

    /// Adds one argument, of any bytes.
    package mutating func add(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    package mutating func add(_ argument: ArraySlice<UInt8>) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    /// Adds one argument, as UTF-8.
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
    package mutating func add(_ argument: Int64) {
        if argument < 0 { bytes.append(UInt8(ascii: "-")) }
        appendDecimal(argument.magnitude)
        ends.append(bytes.count)
    }

    package mutating func add(_ argument: Int) { add(Int64(argument)) }

    package mutating func add(_ argument: UInt64) {
        appendDecimal(argument)
        ends.append(bytes.count)
    }

    /// The command with these arguments; for the short commands of tools and tests.
    package static func make(_ name: StaticString, _ arguments: String...) -> RedisCommand {
        var command = RedisCommand(name)
        for argument in arguments { command.add(argument) }
        return command
    }

    /// Digits without an intermediate `String`: counters and amounts are most of what scripts take.
    private mutating func appendDecimal(_ magnitude: UInt64) {
        var digits = 1
        var bound: UInt64 = 10
        while digits < 20, magnitude >= bound {
            digits += 1
            bound = digits < 20 ? bound * 10 : bound
        }
        let end = bytes.count + digits
        bytes.append(contentsOf: repeatElement(0, count: digits))
        var rest = magnitude
        for index in stride(from: end - 1, through: end - digits, by: -1) {
            bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
