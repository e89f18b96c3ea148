import Catalog
import Credentials
import HTTPClient
import Orders
import Wire

/// Makes the requests that go to a game: the delivery, signed, and the query.
///
/// Without a dialect the body is `{"order","user","region","role","gift","amount","items":[{"id","count"}]}`
/// and the headers are those of Standard Webhooks, with the order's ID as `webhook-id`, the same on every
/// attempt. What a dialect changes is compiled into a `RequestRecipe`. Owned by one loop.
struct DeliveryRequest {
    let catalog: Catalog
    let signers: SignerTable
    /// By game slot.
    let recipes: [RequestRecipe]
    /// By game slot: of a delivery. Not above the game's own.
    let timeoutsMs: [Int]
    private let secretsDirectory: String
    /// The items of the body, by gift slot: the part that is the same for every order.
    private let tails: [[UInt8]]

    /// - Parameter secretsDirectory: where the files of TLS are.
    init(catalog: Catalog, signers: [GameSigner], secretsDirectory: String = "") {
        self.init(catalog, SignerTable(signers), secretsDirectory, catalog.games.map(\.requestTimeoutMs))
    }

    private init(
        _ catalog: Catalog, _ signers: SignerTable, _ secretsDirectory: String, _ timeoutsMs: [Int]
    ) {
        self.catalog = catalog
        self.signers = signers
        self.secretsDirectory = secretsDirectory
        self.timeoutsMs = timeoutsMs
        recipes = catalog.games.map { RequestRecipe($0, secretsDirectory: secretsDirectory) }
        tails = catalog.gifts.map { gift in
            var json = JSONWriter()
            json.beginArray()
            for item in gift.items {
                json.beginObject()
                json.key("id")
                json.string(item.id)
                json.key("count")
                json.integer(Int64(item.count))
                json.endObject()
            }
            json.endArray()
            return json.bytes
        }
    }

    /// The same after an edit, with the same signers.
    ///
    /// - Parameter atMostMs: by game slot: no delivery has a longer time-out, whatever the edit says.
    func adopting(_ catalog: Catalog, atMostMs: [Int] = []) -> DeliveryRequest {
        let timeouts = catalog.games.map { game in
            let slot = Int(game.slot)
            return slot < atMostMs.count ? min(atMostMs[slot], game.requestTimeoutMs) : game.requestTimeoutMs
        }
        return DeliveryRequest(catalog, signers, secretsDirectory, timeouts)
    }

    func body(_ order: Order) -> [UInt8] {
        let gift = catalog.gifts[Int(order.gift)]
        var json = JSONWriter(reserving: 256)
        json.beginObject()
        json.key("order")
        json.string(utf8: CrockfordBase32.encode(order.id.rawValue))
        json.key("user")
        json.decimalString(order.user)
        json.key("region")
        json.string(catalog.games[Int(gift.game)].regions[Int(order.region)].id)
        json.key("role")
        json.decimalString(order.role)
        json.key("gift")
        json.string(gift.id)
        json.key("amount")
        json.unsigned(UInt64(order.amount))
        json.key("items")
        json.raw(tails[Int(gift.slot)])
        json.endObject()
        return json.bytes
    }

    func delivery(_ order: Order, game slot: UInt8, nowS: Int64, token: UInt64) -> HTTPClientRequest {
        let game = catalog.games[Int(slot)]
        let recipe = recipes[Int(slot)]
        var url: String
        var body: [UInt8]
        if case .standard = recipe.body, let fixed = recipe.fixedURL {
            url = fixed
            body = self.body(order)
        } else {
            let values = values(order, nowS: nowS)
            url = recipe.fixedURL ?? Self.text(recipe.url, values)
            body = []
            switch recipe.body {
            case .standard: body = self.body(order)
            case .template(let template): template.fill(values, .json, to: &body)
            case .form(let template): template.fill(values, .percent, to: &body)
            case .empty: break
            }
        }
        let lines = sign(order.id, slot, nowS, body) { signed, signer in
            let values = values(order, nowS: nowS)
            if case .form = recipe.body {
                if !body.isEmpty { body.append(UInt8(ascii: "&")) }
                Self.append(signed, over: signed.delivery, values, signer, nowS, to: &body)
            } else {
                url = Self.signed(url, signed, over: signed.delivery, values, signer, nowS)
            }
        }
        var request = HTTPClientRequest(
            method: recipe.method, url: url, headers: recipe.headers, body: body,
            timeoutMs: timeoutsMs[Int(slot)],
            connectTimeoutMs: min(game.connectTimeoutMs, timeoutsMs[Int(slot)]),
            maxResponseBytes: recipe.maxAnswerBytes, token: token)
        request.headerBytes = lines
        recipe.secure(&request)
        return request
    }

    /// The question what became of an order, signed over an empty body; nil for a game without a query URL.
    func query(_ order: OrderID, game slot: UInt8, nowS: Int64, token: UInt64) -> HTTPClientRequest? {
        let game = catalog.games[Int(slot)]
        let recipe = recipes[Int(slot)]
        guard let template = recipe.queryURL else { return nil }
        let values = OrderValues(order: CrockfordBase32.encode(order.rawValue), timestampS: nowS)
        var url = Self.text(template, values)
        let lines = sign(order, slot, nowS, []) { signed, signer in
            url = Self.signed(url, signed, over: signed.query, values, signer, nowS)
        }
        var request = HTTPClientRequest(
            method: recipe.queryMethod, url: url, headers: recipe.queryHeaders,
            timeoutMs: game.requestTimeoutMs, connectTimeoutMs: game.connectTimeoutMs,
            maxResponseBytes: recipe.maxQueryAnswerBytes, token: token)
        request.headerBytes = lines
        recipe.secure(&request)
        return request
    }

    private func values(_ order: Order, nowS: Int64) -> OrderValues {
        let gift = catalog.gifts[Int(order.gift)]
        return OrderValues(
            order: CrockfordBase32.encode(order.id.rawValue), user: order.user,
            region: Array(catalog.games[Int(gift.game)].regions[Int(order.region)].id.utf8),
            role: order.role, gift: Array(gift.id.utf8), amount: order.amount, items: tails[Int(gift.slot)],
            timestampS: nowS)
    }

    /// The headers of Standard Webhooks, or none where the caller signs the parameters.
    private func sign(
        _ order: OrderID, _ slot: UInt8, _ nowS: Int64, _ body: [UInt8],
        parameters: (RequestRecipe.SignedQuery, QuerySigner) -> Void
    ) -> [UInt8] {
        var lines: [UInt8] = []
        switch signers[slot] {
        case .webhook(let signer):
            let id = CrockfordBase32.encode(order.rawValue)
            lines.reserveCapacity(224)
            lines.append(contentsOf: "webhook-id: ".utf8)
            lines.append(contentsOf: id)
            lines.append(contentsOf: "\r\nwebhook-timestamp: ".utf8)
            DecimalDigits.append(UInt64(max(0, nowS)), to: &lines)
            lines.append(contentsOf: "\r\nwebhook-signature: ".utf8)
            signer.appendSignatures(id: id, timestampS: nowS, body: body, to: &lines)
            lines.append(contentsOf: "\r\n".utf8)
        case .query(let signer):
            guard let signed = recipes[Int(slot)].signedQuery else {
                preconditionFailure("the signer is of the recipe's scheme")
            }
            parameters(signed, signer)
        }
        return lines
    }

    private static func text(_ template: OrderTemplate, _ values: OrderValues) -> String {
        var bytes: [UInt8] = []
        template.fill(values, .percent, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func signed(
        _ url: String, _ signed: RequestRecipe.SignedQuery, over source: OrderTemplate,
        _ values: OrderValues, _ signer: QuerySigner, _ nowS: Int64
    ) -> String {
        var bytes = Array(url.utf8)
        if !bytes.contains(UInt8(ascii: "?")) {
            bytes.append(UInt8(ascii: "?"))
        } else if bytes.last != UInt8(ascii: "?") {
            bytes.append(UInt8(ascii: "&"))
        }
        append(signed, over: source, values, signer, nowS, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the timestamp and the signature.
    private static func append(
        _ signed: RequestRecipe.SignedQuery, over source: OrderTemplate, _ values: OrderValues,
        _ signer: QuerySigner, _ nowS: Int64, to text: inout [UInt8]
    ) {
        var plain: [UInt8] = []
        source.fill(values, .none, to: &plain)
        text.append(contentsOf: signed.timestamp)
        DecimalDigits.append(UInt64(max(0, nowS)), to: &text)
        text.append(contentsOf: signed.signature)
        signer.appendSignature(over: plain, nowS: nowS, to: &text)
    }
}
