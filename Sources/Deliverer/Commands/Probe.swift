import Catalog
import Credentials
import HTTPClient
import Orders

/// A request for a test order, made in the way of every other.
struct Probe {
    /// Bytes of a body that are shown.
    static let shownBytes = 2_000

    let game: Game
    let request: HTTPClientRequest
    private let order: Order
    private let gift: Gift
    private let recipe: RequestRecipe
    private let isQuery: Bool

    /// - Throws: where the game cannot be asked.
    init(
        _ catalog: Catalog, _ game: Game, _ order: Order, _ signer: GameSigner, secretsDirectory: String,
        isQuery: Bool, nowS: Int64
    ) throws(CommandFault) {
        // Only this game's is used.
        let builder = DeliveryRequest(
            catalog: catalog, signers: catalog.games.map { _ in signer }, secretsDirectory: secretsDirectory)
        if isQuery {
            guard let query = builder.query(order.id, game: game.slot, nowS: nowS, token: 0) else {
                throw CommandFault(CommandFault.refused, "\(game.id) has no queryEndpoint")
            }
            request = query
        } else {
            request = builder.delivery(order, game: game.slot, nowS: nowS, token: 0)
        }
        self.game = game
        self.order = order
        self.isQuery = isQuery
        gift = catalog.gifts[Int(order.gift)]
        recipe = builder.recipes[Int(game.slot)]
    }

    /// For people; no secret and no signature in it.
    var text: String {
        let view = RequestView(request, recipe, isQuery: isQuery)
        let region = game.regions[Int(order.region)].id
        var lines = [
            "order    \(order.id.text), of no claim: user \(order.user), role \(order.role) in \(region), "
                + "\(order.amount) x \(gift.id)",
            "request  \(DialectWords.method(request.method)) \(view.url)",
        ]
        lines += view.headers.map { "         \($0)" }
        var manner = DialectWords.version(request.version)
        if let tls = request.tls {
            let files = [tls.authorities, tls.certificate].compactMap(\.self)
            if !files.isEmpty { manner += ", " + files.joined(separator: ", ") }
        }
        manner += ", within \(request.timeoutMs) ms, \(request.connectTimeoutMs) ms to connect"
        lines.append("         \(manner)")
        guard !request.body.isEmpty else { return lines.joined(separator: "\n") }
        lines.append("body     \(request.body.count) bytes")
        lines.append("         " + Numbers.cut(view.body, Self.shownBytes))
        return lines.joined(separator: "\n")
    }
}
