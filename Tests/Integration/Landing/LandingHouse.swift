import Catalog
import Foundation
import Profiles
import Stack
import Synchronization
import Testing
import Wire

@testable import Simulator

/// The whole stack with its landing page, for all tests of a suite; gone when the suite ends.
final class LandingHouse: Sendable {
    /// Of which there is one, for whoever comes first.
    static let scarceGift = "lantern-festival-robe"

    @TaskLocal static var current: LandingHouse?

    let house: House
    let book: GuestBook
    let catalog: Catalog
    private let visits = Mutex(0)

    private init(in run: RunDirectory) throws {
        let (made, catalog) = try HouseMaking.make(in: run, seed: 20, isolated: true)
        let campaign = try Self.copyCampaign(of: made, into: run)
        // The same house over a campaign of its own, which may be edited while it runs.
        let plan = HousePlan(
            directory: made.directory, staticData: made.staticData, campaign: campaign, ports: made.ports,
            secrets: made.secrets, redis: made.redis, kafka: made.kafka, seed: made.seed)
        house = House(plan: plan, run: run) { _ in }
        self.catalog = catalog
        do {
            try house.start { _ in }
        } catch {
            house.stop(keepingFiles: false)
            throw error
        }
        book = try GuestBook(house: house, catalog: catalog)
    }

    private static func copyCampaign(of plan: HousePlan, into run: RunDirectory) throws -> String {
        let target = "\(try run.directory("edited"))/\(plan.campaign.split(separator: "/").last!)"
        try FileManager.default.copyItem(atPath: plan.campaign, toPath: target)
        let gifts = "\(target)/gifts.json"
        var text = try String(contentsOfFile: gifts, encoding: .utf8)
        let id = try #require(text.range(of: "\"\(scarceGift)\""))
        let stock = try #require(text.range(of: "\"stock\": 50,", range: id.upperBound..<text.endIndex))
        text.replaceSubrange(stock, with: "\"stock\": 1,")
        try text.write(toFile: gifts, atomically: true, encoding: .utf8)
        return target
    }

    static func with(_ body: () async throws -> Void) async throws {
        try await withTaskExecutorPreference(BlockingThreads.shared) {
            try await inPlace(body)
        }
    }

    private static func inPlace(_ body: () async throws -> Void) async throws {
        let run = try RunDirectory.claimUnique(prefix: "landing-house")
        let house = try LandingHouse(in: run)
        let result: Result<Void, any Error>
        do {
            result = .success(try await $current.withValue(house) { try await body() })
        } catch {
            result = .failure(error)
        }
        house.house.stop(keepingFiles: false)
        try result.get()
    }

    // MARK: - Guests

    /// A guest for whom it holds, known to the nightly batch; each a person that no other test has had.
    ///
    /// - Parameter knownAs: the seed of the world that the batch saw; nil: the real one.
    func guest(
        _ part: PersonPart = .claims, knownAs seed: UInt64? = nil, where holds: ([GameProfile]) -> Bool
    ) async throws -> LandingGuest {
        let place = visits.withLock { count in
            count += 1
            return count
        }
        let user = try #require(book.people(place, where: holds).last)
        try await book.preload([user], as: seed.map { RoleWorld(seed: $0, catalog: catalog) })
        return LandingGuest(user: user, part: part)
    }

    /// A browser of its own, with nothing remembered, and the page in it.
    func visit(_ link: String, language: String = "en-GB") throws -> LandingVisit {
        let number = visits.withLock { count in
            count += 1
            return count
        }
        return try LandingVisit(link, house: house, name: "browser-\(number)", language: language)
    }

    // MARK: - What the services say

    /// A line of the list, as far as the tests look at it.
    struct Listed {
        let id: String
        let isClaimable: Bool
        let reason: String?
    }

    func list(_ guest: LandingGuest) throws -> [Listed] {
        let answer = try LoopbackHTTP.get(
            port: house.plan.ports.recommend, "/v1/gifts",
            headers: ["authorization": "Bearer \(book.ticket(guest))"], within: .seconds(30))
        guard answer.status == 200, case .object(let list) = try JSON.parse(answer.body, limits: .document),
            case .array(let gifts)? = list["gifts"]
        else { throw StackFailure("no list: \(answer.status) \(answer.text)") }
        return gifts.compactMap { gift in
            guard case .object(let gift) = gift, case .string(let id)? = gift["id"] else { return nil }
            var reason: String?
            if case .string(let text)? = gift["reason"] { reason = text }
            return Listed(id: id, isClaimable: gift["claimable"] == .bool(true), reason: reason)
        }
    }

    /// Gifts of plenty that the guest may claim.
    func claimable(_ guest: LandingGuest) throws -> [String] {
        try list(guest).filter { $0.isClaimable && $0.id != Self.scarceGift }.map(\.id)
    }

    /// The state of an order, as Claim tells its owner.
    func state(of order: String, _ guest: LandingGuest) throws -> JSON? {
        let answer = try LoopbackHTTP.get(
            port: house.plan.ports.claim, "/v1/orders/\(order)",
            headers: ["authorization": "Bearer \(book.ticket(guest))"], within: .seconds(30))
        guard case .object(let document) = try JSON.parse(answer.body, limits: .record) else { return nil }
        return document["state"]
    }

    /// Edits the campaign while it is served.
    ///
    /// - Returns: what the file held before.
    @discardableResult
    func edit(_ file: String, _ change: (inout String) throws -> Void) throws -> String {
        let path = "\(house.plan.campaign)/\(file)"
        let before = try String(contentsOfFile: path, encoding: .utf8)
        var text = before
        try change(&text)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return before
    }
}

/// Runs a suite within a ``LandingHouse``.
struct LandingHouseTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        try await LandingHouse.with { try await function() }
    }
}

extension Trait where Self == LandingHouseTrait {
    static var landingHouse: LandingHouseTrait { LandingHouseTrait() }
}
