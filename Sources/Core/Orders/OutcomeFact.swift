import Catalog
import Wire

/// What an outcome record says of its order, without what is for people: for readers of very many of them.
package struct OutcomeFact: Equatable, Sendable {
    package var order: OrderID
    package var outcome: Outcome
    package var attempt: UInt16
    /// Slot of the game.
    package var game: UInt8
    /// Unix milliseconds.
    package var atMs: Int64

    package init(order: OrderID, outcome: Outcome, attempt: UInt16, game: UInt8, atMs: Int64) {
        self.order = order
        self.outcome = outcome
        self.attempt = attempt
        self.game = game
        self.atMs = atMs
    }

    /// - Throws: where ``OutcomeRecord/decode(_:)`` throws, and for a game that the catalog does not have.
    package static func decode(
        _ bytes: UnsafeRawBufferPointer, _ catalog: Catalog
    ) throws(RecordFault) -> OutcomeFact {
        if let fact = scan(bytes.assumingMemoryBound(to: UInt8.self), catalog) { return fact }
        let record = try OutcomeRecord.decode(Array(bytes))
        guard let game = catalog.game(id: record.game) else {
            throw RecordFault("of no game of the catalog")
        }
        return OutcomeFact(
            order: record.order, outcome: record.outcome, attempt: record.attempt, game: game.slot,
            atMs: record.atMs)
    }

    /// Reads what is spelled as ``OutcomeRecord/encode()`` spells it; any other spelling gives nil.
    private static func scan(_ bytes: UnsafeBufferPointer<UInt8>, _ catalog: Catalog) -> OutcomeFact? {
        var scan = RecordScan(bytes)
        guard scan.skip("{\"v\":1,\"order\":\""), let idText = scan.string(),
            let number = CrockfordBase32.decode(idText),
            scan.skip(",\"coupon\":\""), scan.serial() != nil,
            scan.skip("\",\"game\":\""), let gameID = scan.string(),
            let game = catalog.games.first(where: { gameID.elementsEqual($0.id.utf8) }),
            scan.skip(",\"gift\":\""), let gift = scan.string(), gift.count <= 256,
            scan.skip(",\"attempt\":"), let attempt = scan.number(), attempt <= UInt64(UInt16.max),
            scan.skip(",\"outcome\":\""), let name = scan.string(),
            let outcome = Outcome(rawValue: String(decoding: name, as: UTF8.self)),
            scan.skip(",\"status\":"), let status = scan.number(), status <= 999,
            scan.skip(",\"at\":"), let atMs = scan.time(),
            scan.skip(",\"by\":\""), scan.serial() != nil,
            scan.skip("\",\"reason\":\""), let reason = scan.string(), reason.count <= 1024,
            scan.skip("}"), scan.isAtEnd
        else { return nil }
        return OutcomeFact(
            order: OrderID(rawValue: number), outcome: outcome, attempt: UInt16(attempt),
            game: game.slot, atMs: atMs)
    }
}
