import Glibc

/// The process' environment, read without Foundation.
package enum ProcessEnvironment {
    package static func all() -> [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let cut = text.firstIndex(of: "=") {
                variables[String(text[..<cut])] = String(text[text.index(after: cut)...])
            }
            next += 1
        }
        return variables
    }
}
