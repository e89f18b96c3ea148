/// The settings files of the services, one each.
extension HousePlan {
    enum Part: String, CaseIterable, Sendable {
        case world, recommend, claim, deliverer, reconciler, people
    }

    func settingsFile(_ part: Part) -> String { "\(directory)/\(part.rawValue).yaml" }
    func portsFile(_ part: Part) -> String { "\(directory)/\(part.rawValue).ports.json" }

    /// Writes all of them. `redisURL` and `kafka` are where the stores are by now.
    func writeSettings(redisURL: String, kafka: String) throws(NotesFault) {
        for part in Part.allCases {
            try NotesFile.write(
                settings(part, redisURL: redisURL, kafka: kafka), to: settingsFile(part), mode: 0o600)
        }
    }

    /// - Parameter kafka: a line of the section `kafka`, such as `bootstrap: host:port`.
    func settings(_ part: Part, redisURL: String, kafka: String) -> String {
        let redis = "redis: {url: \"\(redisURL)\"}\n"
        let stores = redis + "kafka:\n  \(kafka)\n"
        let tickets = "tickets: {audience: hongbao, keys_file: \(secrets.ticketsFile)}\n"
        let coupons = "coupons: {keys_file: \(secrets.couponsFile)}\n"
        switch part {
        case .world:
            return service(part, admin: ports.gamesAdmin) + """
                seed: \(seed)
                secrets_dir: \(secrets.gamesDirectory)
                games: {host: 127.0.0.1, port: \(ports.games)}

                """
        case .recommend:
            return service(part, admin: ports.recommendAdmin) + http(ports.recommend) + redis + tickets
                + "static: {root: \(staticData)/web}\nclaims: {url: \"\(claimURL)\"}\n"
        case .claim:
            return service(part, admin: ports.claimAdmin)
                + http(ports.claim, more: ", allowed_origins: [\"\(recommendURL)\"]") + stores + tickets
                + coupons
        case .deliverer:
            return service(part, admin: ports.delivererAdmin) + stores
                + "games: {secrets_dir: \(secrets.gamesDirectory), allow_private: true}\n"
        case .reconciler:
            return service(part, admin: ports.reconcilerAdmin) + stores + "rebuild: {automatic: true}\n"
        case .people:
            return """
                campaign: \(campaign)
                seed: \(seed)
                people: {count: 1000}
                recommend: {url: "\(recommendURL)"}
                claim: {url: "\(claimURL)"}
                redis: {url: "\(redisURL)"}
                tickets: {audience: hongbao, keys_file: \(secrets.signersFile)}
                coupons: {keys_file: \(secrets.couponsFile)}
                notes_dir: \(directory)

                """
        }
    }

    private func service(_ part: Part, admin: Int) -> String {
        """
        campaign: \(campaign)
        ports_file: \(portsFile(part))
        loops: 1
        admin: {host: 127.0.0.1, port: \(admin), keys_file: \(secrets.operatorsFile)}

        """
    }

    private func http(_ port: Int, more: String = "") -> String {
        "http: {host: 127.0.0.1, port: \(port)\(more)}\n"
    }
}
