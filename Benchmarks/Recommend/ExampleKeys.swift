import Credentials

/// The key pairs that the standards print as examples: known to all the world, and the same in every run.
enum ExampleKeys {
    /// The private and the public half.
    static func pair(_ algorithm: TicketAlgorithm) throws(KeyFault) -> (
        signing: TicketKey, verifying: TicketKey
    ) {
        let (signing, verifying) = algorithm == .es256 ? es256 : edDSA
        return (
            try TicketKey(
                id: "example", algorithm: algorithm, file: Array(pem("PRIVATE KEY", signing).utf8)),
            try TicketKey(
                id: "example", algorithm: algorithm, file: Array(pem("PUBLIC KEY", verifying).utf8))
        )
    }

    /// RFC 7515, appendix A.3, as PKCS #8 and as SubjectPublicKeyInfo.
    private static let es256 = (
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
            + "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
            + "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n"
            + "6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ=="
    )

    /// RFC 8037, appendix A.1.
    private static let edDSA = (
        "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g",
        "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    )

    private static func pem(_ kind: String, _ text: String) -> String {
        "-----BEGIN \(kind)-----\n\(text)\n-----END \(kind)-----\n"
    }
}
