import Catalog
import Operators
import OrderStore
import Testing

@testable import Claim

@Suite("What operators ask to add to the stock")
struct StockRequestTests {
    private func problem<Value>(_ body: () throws -> Value) -> OperatorProblem? {
        do {
            _ = try body()
            return nil
        } catch {
            return error as? OperatorProblem
        }
    }

    private func parse(_ text: String) throws -> StockRequest { try StockRequest.parse(Array(text.utf8)) }

    @Test("the whole body and the least of it")
    func reads() throws {
        let whole = try parse(
            #"{"gift":"rope","add":10,"units":500,"reason":"more came","act":"Monday_2.b-1"}"#)
        #expect(
            whole
                == StockRequest(gift: "rope", add: 10, units: 500, reason: "more came", act: "Monday_2.b-1"))
        let least = try parse(#"{"gift":"rope","add":1,"reason":"x"}"#)
        #expect(least == StockRequest(gift: "rope", add: 1, units: nil, reason: "x", act: nil))
    }

    @Test(
        "every fault names its field",
        arguments: [
            (#"{"add":1,"reason":"x"}"#, "gift"), (#"{"gift":"rope","reason":"x"}"#, "add"),
            (#"{"gift":"rope","add":0,"reason":"x"}"#, "add"),
            (#"{"gift":"rope","add":1000000001,"reason":"x"}"#, "add"),
            (#"{"gift":"rope","add":"1","reason":"x"}"#, "add"), (#"{"gift":"rope","add":1}"#, "reason"),
            (#"{"gift":"rope","add":1,"reason":" "}"#, "reason"),
            (#"{"gift":"rope","add":1,"units":0,"reason":"x"}"#, "units"),
            (#"{"gift":"rope","add":1,"reason":"x","act":""}"#, "act"),
            (#"{"gift":"rope","add":1,"reason":"x","act":"a b"}"#, "act"),
            (#"{"gift":"rope","add":1,"reason":"x","act":"a:b"}"#, "act"),
            (#"{"gift":"rope","add":1,"reason":"x","more":1}"#, "more"),
        ])
    func faults(_ text: String, _ field: String) {
        let problem = problem { try parse(text) }
        #expect(problem?.status == 400 && problem?.field == field, "\(text)")
    }

    private func gift(_ amount: AmountRule?) -> Gift {
        Gift(
            id: "rope", slot: 0, game: 0, title: LocalizedText(en: "Rope", zh: "绳"), image: "a.svg",
            audience: .everyone, stock: 1, items: [Item(id: "rope", count: 1)], highValue: false,
            features: [], popularity: 0, freshAtMs: 0, amount: amount)
    }

    @Test("units are for lucky packets: one at least for each of the added packs")
    func units() throws {
        let lucky = gift(AmountRule(total: 10, draw: .doubleAverage))
        var request = StockRequest(gift: "rope", add: 5, units: nil, reason: "x", act: nil)
        #expect(try request.act(named: "a", of: gift(nil)) == StockAct(act: "a", add: 5))
        #expect(problem { try request.act(named: "a", of: lucky) }?.field == "units")
        request.units = 4
        #expect(problem { try request.act(named: "a", of: lucky) }?.field == "units")
        request.units = 5
        #expect(try request.act(named: "a", of: lucky) == StockAct(act: "a", add: 5, units: 5))
        #expect(problem { try request.act(named: "a", of: gift(nil)) }?.field == "units")
    }

    @Test("a split beforehand is added to in acts of bounded size")
    func split() throws {
        let rule = AmountRule(total: 10, draw: .presplit)
        var request = StockRequest(
            gift: "rope", add: StockRequest.maxSplit, units: 1_000_000, reason: "x", act: nil)
        #expect(try request.act(named: "a", of: gift(rule)).add == StockRequest.maxSplit)
        request.add += 1
        #expect(problem { try request.act(named: "a", of: gift(rule)) }?.field == "add")
    }
}
