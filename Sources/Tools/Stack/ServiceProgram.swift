import Foundation
import Glibc

/// Finds the executables of this package, wherever they were built.
package enum ServiceProgram {
    /// The path of a product such as `claim` or `local-kafka`.
    ///
    /// Looked for in HONGBAO_BIN_DIR if that is set, and nowhere else then; else beside the running
    /// executable (a test bundle is built beside the products); else in `.build/debug` and
    /// `.build/release` of the working directory.
    package static func locate(_ name: String) throws(StackFailure) -> String {
        try locate(name, environment: ProcessInfo.processInfo.environment, beside: ownDirectory())
    }

    static func locate(
        _ name: String, environment: [String: String], beside: String?
    ) throws(StackFailure) -> String {
        let here = FileManager.default.currentDirectoryPath
        let directories =
            environment["HONGBAO_BIN_DIR"].map { [$0] }
            ?? [beside, "\(here)/.build/debug", "\(here)/.build/release"].compactMap { $0 }
        for directory in directories {
            let path = "\(directory)/\(name)"
            // Children run in other directories.
            let absolute = path.hasPrefix("/") ? path : "\(here)/\(path)"
            if access(absolute, X_OK) == 0 { return absolute }
        }
        throw StackFailure("no program \(name) in \(directories.joined(separator: ", "))")
    }

    /// A program of the system, searched for in PATH.
    package static func locateInPath(_ name: String) throws(StackFailure) -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let directories = path.split(separator: ":").map(String.init)
        for directory in directories + ["/usr/bin", "/usr/sbin", "/usr/local/bin"] {
            let candidate = "\(directory)/\(name)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        throw StackFailure("no program \(name) in PATH")
    }

    private static func ownDirectory() -> String? {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        return path.lastIndex(of: "/").map { String(path[..<$0]) }
    }
}
