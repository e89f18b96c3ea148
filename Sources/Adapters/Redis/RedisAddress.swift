/// Where a Redis server is and who we are there: `redis://[[user]:password@]host[:port][/db]`.
package struct RedisAddress: Sendable, Equatable, CustomStringConvertible {
    /// A name or an address; IPv6 without brackets.
    package var host: String
    package var port: Int
    /// nil: the default user of the server, if there is a password at all.
    package var user: String?
    /// nil: no AUTH is sent.
    package var password: String?
    /// As SELECT takes it; 0 needs none.
    package var database: Int

    package init(
        host: String, port: Int = 6379, user: String? = nil, password: String? = nil, database: Int = 0
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.password = password
        self.database = database
    }

    /// - Throws: `RedisAddressFault`, which never quotes the password.
    package init(url: String) throws(RedisAddressFault) {
        let scheme = "redis://"
        guard url.lowercased().hasPrefix(scheme) else {
            throw RedisAddressFault(reason: "must begin with redis://")
        }
        var rest = url.dropFirst(scheme.count)
        guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
            throw RedisAddressFault(reason: "takes no query and no fragment")
        }

        database = 0
        if let slash = rest.firstIndex(of: "/") {
            let path = rest[rest.index(after: slash)...]
            if !path.isEmpty {
                guard let number = Self.decimal(path), number <= 65_535 else {
                    throw RedisAddressFault(reason: "the path must be a database number")
                }
                database = number
            }
            rest = rest[..<slash]
        }
        (user, password) = try Self.takeCredentials(&rest)
        (host, port) = try Self.hostAndPort(rest)
    }

    /// Host, port and database; never the password, so that it is safe in logs.
    package var description: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return database == 0 ? "\(host):\(port)" : "\(host):\(port)/\(database)"
    }

    private static func takeCredentials(
        _ rest: inout Substring
    ) throws(RedisAddressFault) -> (user: String?, password: String?) {
        // The last @: a password that was pasted without escaping its own @ still works.
        guard let at = rest.lastIndex(of: "@") else { return (nil, nil) }
        let credentials = rest[..<at]
        rest = rest[rest.index(after: at)...]
        guard let colon = credentials.firstIndex(of: ":") else {
            throw RedisAddressFault(reason: "credentials must be user:password@ or :password@")
        }
        guard let user = percentDecoded(credentials[..<colon]),
            let password = percentDecoded(credentials[credentials.index(after: colon)...])
        else { throw RedisAddressFault(reason: "the credentials hold a bad % escape") }
        guard !password.isEmpty else { throw RedisAddressFault(reason: "the password is empty") }
        return (user.isEmpty ? nil : user, password)
    }

    private static func hostAndPort(
        _ text: Substring
    ) throws(RedisAddressFault) -> (host: String, port: Int) {
        var host = text
        var portText: Substring?
        if text.first == "[" {
            guard let close = text.firstIndex(of: "]") else {
                throw RedisAddressFault(reason: "the IPv6 address lacks its ]")
            }
            host = text[text.index(after: text.startIndex)..<close]
            let after = text[text.index(after: close)...]
            if after.first == ":" {
                portText = after.dropFirst()
            } else if !after.isEmpty {
                throw RedisAddressFault(reason: "only :port may follow the ]")
            }
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            portText = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { throw RedisAddressFault(reason: "the host is missing") }
        guard let portText else { return (String(host), 6379) }
        guard let port = decimal(portText), (1...65_535).contains(port) else {
            throw RedisAddressFault(reason: "the port must be a number from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func decimal(_ text: Substring) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (48...57).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func percentDecoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 65...70: digit - 55
        case 97...102: digit - 87
        default: nil
        }
    }
}

/// Why a Redis URL is no good, for the operator who wrote it.
package struct RedisAddressFault: Error, Sendable, Equatable, CustomStringConvertible {
    package var reason: String

    package var description: String { "redis URL: \(reason)" }
}
