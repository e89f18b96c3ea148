import Glibc

/// Why a part of a private stack could not be started, found or asked; for the person who runs it.
package struct StackFailure: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }

    /// A failed system call, with the system's own words.
    package init(_ what: String, errno code: Int32) {
        self.message = "\(what): \(String(cString: strerror(code)))"
    }

    package var description: String { message }
}
