import ServiceShell
import Wire

/// What the commands that act through the admin port share.
enum Operation {
    /// One instance is enough for an act: the others learn of it from Redis. The first that answers.
    static func with(
        _ options: AdminOptions, _ body: (AdminLine, String) async throws -> Void
    ) async throws {
        let settings = try Settings.load(path: options.config)
        let line = AdminLine(key: try options.key())
        defer { line.close() }
        var last: CommandFault?
        for url in try options.urls(settings) {
            do {
                return try await body(line, url)
            } catch let fault as CommandFault where fault.exitCode == CommandFault.unavailable {
                last = fault
            }
        }
        throw last ?? CommandFault(CommandFault.unavailable, "there is no admin port to ask")
    }

    static func limits(_ body: [UInt8]) throws(CommandFault) -> LimitsDocument {
        do throws(JSONError) {
            return try LimitsDocument.decode(body)
        } catch {
            throw CommandFault(CommandFault.refused, "what answered is no Deliverer: \(error)")
        }
    }

    static func reason(_ text: String) -> [UInt8] {
        var json = JSONWriter(reserving: 64)
        json.beginObject()
        json.key("reason")
        json.string(text)
        json.endObject()
        return json.bytes
    }

    /// One segment of a path, whatever was typed.
    static func segment(_ text: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
        return text.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + String(byte >> 4, radix: 16, uppercase: true)
                    + String(byte & 15, radix: 16, uppercase: true)
        }.joined()
    }
}
