/// One thing wrong in a campaign's files, as a person mends it: which file, where in it, and why.
package struct CatalogFault: Sendable, Equatable, CustomStringConvertible {
    /// The file, with the directory that the loader was told.
    package let file: String
    /// Where in it, like `gifts[3].stock`; empty = the whole file.
    package let path: String
    package let reason: String

    package init(file: String, path: String, reason: String) {
        self.file = file
        self.path = path
        self.reason = reason
    }

    /// `file: path: reason`; the root is written `$`, so that there are always three parts.
    package var description: String { "\(file): \(path.isEmpty ? "$" : path): \(reason)" }
}

/// All that is wrong in a campaign's files, in file order; never empty when thrown.
package struct CatalogFaults: Error, Sendable, Equatable, CustomStringConvertible {
    package let faults: [CatalogFault]

    package init(_ faults: [CatalogFault]) {
        self.faults = faults
    }

    /// One fault a line.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
