/// What browsers may do with pages: documents carry tickets in their addresses, so they load nothing from
/// elsewhere, tell nobody where they are, and talk to this server and to Claim only.
struct PagePolicy: Sendable, Equatable {
    private let document: [Page.Field]

    /// - Parameter claimsURL: where Claim is; empty, or no http(s) URL = at this origin or nowhere.
    init(claimsURL: String) {
        let claims = Self.origin(of: claimsURL).map { " \($0)" } ?? ""
        let rules = [
            "default-src 'self'", "connect-src 'self'\(claims)", "img-src 'self' data:",
            "style-src 'self' 'unsafe-inline'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
            "frame-ancestors 'none'",
        ]
        document = [
            Page.Field(name: "content-security-policy", value: rules.joined(separator: "; ")),
            Page.Field(name: "referrer-policy", value: "no-referrer"),
        ]
    }

    /// An image that is opened by itself is a document that could hold scripts.
    private static let image = [
        Page.Field(
            name: "content-security-policy",
            value: "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    ]

    /// The fields for a type of page.
    func fields(for type: String) -> [Page.Field] {
        switch type {
        case ContentTypes.html: document
        case ContentTypes.svg: Self.image
        default: []
        }
    }

    /// `scheme://host[:port]`, in characters that end no rule of a policy.
    static func origin(of url: String) -> String? {
        guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
        let authority = url.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let isPlain = authority.utf8.allSatisfy { byte in
            (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte)
                || "-._:[]".utf8.contains(byte)
        }
        return isPlain && !authority.isEmpty ? scheme + authority : nil
    }
}
