import Wire

/// Reads `tls` of a game's entry.
struct TLSReader {
    let faults: FaultList

    /// - Parameter urls: those that are asked with it; all must be https.
    func read(_ tls: inout JSONSection, urls: [String]) -> GameTLS? {
        let ca = file("caFile", &tls)
        let certificate = file("certificateFile", &tls)
        let key = file("keyFile", &tls)
        let http2 = tls.optionalBool("http2", or: false)
        tls.finish()
        if (certificate == nil) != (key == nil), tls.has("certificateFile") != tls.has("keyFile") {
            faults.add(tls.path, "certificateFile and keyFile belong together")
        }
        if urls.contains(where: { !$0.hasPrefix("https://") }) {
            faults.add(tls.path, "is of https:// URLs only")
        }
        guard let http2 else { return nil }
        return GameTLS(caFile: ca, certificateFile: certificate, keyFile: key, http2: http2)
    }

    /// A path below the directory of secrets.
    private func file(_ key: String, _ tls: inout JSONSection) -> String? {
        guard tls.optionalValue(key) != nil,
            let path = tls.text(key, maxLength: CatalogLimits.imageLength)
        else { return nil }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
            faults.add(tls.place(key), "must be a relative path without . or .. in it")
            return nil
        }
        return path
    }
}
