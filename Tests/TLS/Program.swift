#if TLS
    import Foundation

    /// A program run to its end.
    enum Program {
        struct Done {
            var code: Int32
            var output: String
            var errors: String
        }

        struct Failed: Error {
            var what: String
        }

        static func run(
            _ path: String, _ arguments: [Substring], in folder: String = "/", input: String = ""
        ) throws -> Done {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = arguments.map(String.init)
            process.currentDirectoryURL = URL(fileURLWithPath: folder)
            let (output, errors, feed) = (Pipe(), Pipe(), Pipe())
            process.standardOutput = output
            process.standardError = errors
            process.standardInput = feed
            try process.run()
            try feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try feed.fileHandleForWriting.close()
            let text = output.fileHandleForReading.readDataToEndOfFile()
            let said = errors.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return Done(
                code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
                errors: String(decoding: said, as: UTF8.self))
        }
    }
#endif
