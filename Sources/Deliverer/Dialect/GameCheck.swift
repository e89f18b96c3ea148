import CampaignFiles
import Catalog
import Credentials
import Glibc
import HTTPClient
import Orders
import Pacing
import Wire

/// Looks at all that a delivery to one game needs, without asking the game: secrets, certificates, addresses,
/// limits, and what its first request would be.
struct GameCheck {
    /// Where things are, and what the process would allow.
    struct Setting {
        /// The campaign's `games.json`, as a fault names it.
        var gamesFile: String
        var secretsDirectory: String
        var allowsPrivate: Bool
        /// nil: names are not looked up.
        var resolve: ((String) -> Result<[HostAddresses.Address], HostAddresses.Fault>)?
        /// Unix milliseconds.
        var nowMs: Int64
    }

    let game: Game
    let method: String
    /// With an example order.
    let url: String
    let query: String?
    let answers: String
    let signature: String
    let tls: String
    let version: String
    let faults: [CatalogFault]
    /// What works, and wants a person's eye.
    let warnings: [CatalogFault]

    init(_ game: Game, _ catalog: Catalog, _ setting: Setting) {
        var findings = Findings(game: game, setting: setting)
        let nowS = setting.nowMs / 1000
        let secrets = findings.secrets()
        let certificate = findings.certificate()
        findings.addresses()
        findings.limits()
        let recipe = RequestRecipe(game, secretsDirectory: setting.secretsDirectory)
        let example = findings.signer.flatMap { signer in Self.example(game, catalog, signer, recipe, setting)
        }
        self.game = game
        method = DialectWords.method(recipe.method)
        url = example?.url ?? game.endpoint
        query = game.queryEndpoint.map { example?.query ?? $0 }
        answers = DialectWords.answers(game.dialect?.answers)
        signature = DialectWords.signature(game.dialect?.signature, secrets, nowS: nowS)
        tls = DialectWords.tls(game, certificate)
        version = DialectWords.version(recipe.version)
        faults = findings.faults
        warnings = findings.warnings
    }

    /// The URLs of the first request, and of the question after it.
    private static func example(
        _ game: Game, _ catalog: Catalog, _ signer: GameSigner, _ recipe: RequestRecipe, _ setting: Setting
    ) -> (url: String, query: String?)? {
        guard let gift = catalog.gifts.first(where: { $0.game == game.slot }), let region = game.regions.first
        else { return nil }
        let builder = DeliveryRequest(
            catalog: catalog, signers: catalog.games.map { _ in signer },
            secretsDirectory: setting.secretsDirectory)
        let id = OrderID(lane: OrderID.testLane, shard: 0, sequence: 1)
        let order = TestOrder.order(id, gift: gift, region: region, nowMs: setting.nowMs)
        let nowS = setting.nowMs / 1000
        let delivery = builder.delivery(order, game: game.slot, nowS: nowS, token: 0)
        let query = builder.query(id, game: game.slot, nowS: nowS, token: 0)
        return (
            RequestView(delivery, recipe).url, query.map { RequestView($0, recipe, isQuery: true).url }
        )
    }
}

/// Collects what is wrong.
private struct Findings {
    let game: Game
    let setting: GameCheck.Setting
    private(set) var faults: [CatalogFault] = []
    private(set) var warnings: [CatalogFault] = []
    /// nil where the secrets will not do.
    private(set) var signer: GameSigner?

    init(game: Game, setting: GameCheck.Setting) {
        self.game = game
        self.setting = setting
    }

    private func finding(_ field: String, _ reason: String) -> CatalogFault {
        CatalogFault(file: setting.gamesFile, path: "games(\(game.id)).\(field)", reason: reason)
    }

    mutating func secrets() -> GameSecrets? {
        let path = KeyFiles.gamePath(game.id, directory: setting.secretsDirectory)
        do throws(FileFault) {
            let bytes = try FileBytes.read(path, most: 1 << 16)
            signer = try KeyFiles.signer(game, bytes, from: path)
            let secrets = try? GameSecrets(lines: FileBytes.lines(of: bytes))
            for (index, endS) in (secrets?.endsS ?? []).enumerated() where endS <= setting.nowMs / 1000 {
                warn(path, "key \(index + 1) ended on \(DialectWords.day(endS)) and may go")
            }
            var status = stat()
            if stat(path, &status) == 0, status.st_mode & 0o007 != 0 {
                warn(path, "everybody on this machine may read it, or more")
            }
            return secrets
        } catch {
            faults.append(CatalogFault(file: error.path, path: "", reason: error.reason))
            return nil
        }
    }

    private mutating func warn(_ file: String, _ reason: String) {
        warnings.append(CatalogFault(file: file, path: "", reason: reason))
    }

    mutating func certificate() -> CertificateFacts? {
        guard let tls = game.tls else { return nil }
        let check = TLSCheck(tls, directory: setting.secretsDirectory, nowS: setting.nowMs / 1000)
        faults += check.faults.map { finding("tls.\($0.path)", $0.reason) }
        warnings += check.warnings.map { finding("tls.\($0.path)", $0.reason) }
        return check.certificate
    }

    mutating func addresses() {
        for (field, url) in [("endpoint", game.endpoint), ("queryEndpoint", game.queryEndpoint)] {
            guard let url, let host = HostAddresses.host(of: url) else { continue }
            address(of: host, field, isPlain: url.hasPrefix("http://"))
        }
    }

    private mutating func address(of host: String, _ field: String, isPlain: Bool) {
        let found: Result<[HostAddresses.Address], HostAddresses.Fault>
        if let address = HostAddresses.Address(host) {
            found = .success([address])
        } else if let resolve = setting.resolve {
            found = resolve(host)
        } else {
            return
        }
        switch found {
        case .failure(let fault):
            warnings.append(finding(field, "\(host) has no address here now: \(fault.reason)"))
        case .success(let addresses):
            var (anywhere, rule) = (HTTPClientOptions(), HTTPClientOptions())
            anywhere.allowsPrivate = false
            rule.allowsPrivate = setting.allowsPrivate
            let refused = addresses.filter { !rule.allows($0) }
            let named = refused.first.map { "\($0)" == host ? host : "\(host) is \($0), which" } ?? ""
            if !refused.isEmpty {
                let why = "\(named) is private, and games.allow_private is false"
                if refused.count == addresses.count {
                    faults.append(finding(field, why + ": nothing is sent"))
                } else {
                    warnings.append(finding(field, why + "; others of its addresses are public"))
                }
            } else if isPlain, addresses.contains(where: anywhere.allows) {
                warnings.append(finding(field, "goes over the internet without TLS"))
            }
        }
    }

    mutating func limits() {
        do throws(PacingFault) {
            _ = try PacingLimit(perSecond: game.limit.perSecond, burst: game.limit.burst)
        } catch {
            faults.append(finding("limit", "\(error)"))
        }
        if game.queryEndpoint == nil, !game.idempotent {
            warnings.append(
                finding(
                    "idempotent",
                    "neither that nor a queryEndpoint: every unknown end waits for a person (parked)"))
        }
    }
}
