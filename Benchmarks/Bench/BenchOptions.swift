import ArgumentParser

/// What every bench lets its caller choose.
package struct BenchOptions: ParsableArguments {
    /// Fewer pairs than this are for developing.
    package static let leastPairs = 5

    @Option(help: ArgumentHelp("Only this measure; may be given several times.", valueName: "measure"))
    package var only: [String] = []

    @Option(help: ArgumentHelp("Pairs of runs, ours and the peer's, of which medians are taken."))
    package var pairs: Int = BenchOptions.leastPairs

    @Option(help: ArgumentHelp("Length of one run, in seconds."))
    package var seconds: Int = 5

    @Flag(
        help: ArgumentHelp("One short pair and small sizes: to see that it works; its figures mean little."))
    package var quick = false

    @Option(help: ArgumentHelp("The core of the side under test.", valueName: "core"))
    package var serverCore: Int = 0

    @Option(help: ArgumentHelp("The core of all that is around it.", valueName: "core"))
    package var clientCore: Int = 1

    package init() {}

    package mutating func validate() throws {
        guard (1...1000).contains(pairs) else { throw ValidationError("--pairs is 1 to 1000") }
        guard (2...3600).contains(seconds) else { throw ValidationError("--seconds is 2 to 3600") }
        guard serverCore != clientCore else { throw ValidationError("the two cores must differ") }
        if quick {
            pairs = 1
            seconds = 2
        }
    }

    /// Whether a measure is wanted; `names` are all there are.
    package func wants(_ name: String, of names: [String]) throws -> Bool {
        for asked in only where !names.contains(asked) {
            throw ValidationError("--only takes one of: \(names.joined(separator: ", "))")
        }
        return only.isEmpty || only.contains(name)
    }
}
