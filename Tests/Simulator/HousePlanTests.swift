import CampaignFiles
import Catalog
import Credentials
import Glibc
import ServiceShell
import Stack
import Testing

@testable import Simulator

@Suite struct HousePlanTests {
    private func plan(in run: RunDirectory) throws -> HousePlan {
        let catalog = try FestivalCatalog.load()
        return HousePlan(
            directory: run.path, staticData: "/data", campaign: "/data/campaigns/spring-festival",
            ports: try HousePlan.Ports.pick(),
            secrets: try HouseSecrets.draw(for: catalog, in: run.directory("secrets")), redis: .ours,
            kafka: .ours,
            seed: 7)
    }

    @Test func theSettingsFilesAreReadAsWritten() throws {
        let run = try RunDirectory.claimUnique(prefix: "house-plan")
        defer { run.release() }
        let plan = try plan(in: run)
        for part in HousePlan.Part.allCases {
            let yaml = plan.settings(
                part, redisURL: "redis://127.0.0.1:1", kafka: "bootstrap_file: /k/bootstrap")
            let settings = try Settings(yaml: yaml)
            #expect(try settings.string("campaign") == plan.campaign)
            if part == .claim {
                #expect(try settings.string("kafka.bootstrap_file") == "/k/bootstrap")
                #expect(try settings.int("http.port", in: 0...65_535) == plan.ports.claim)
            }
        }
    }

    @Test("promise 10: secrets are drawn anew, fit together, and are the owner's alone")
    func secrets() throws {
        let run = try RunDirectory.claimUnique(prefix: "house-plan")
        defer { run.release() }
        let catalog = try FestivalCatalog.load()
        let secrets = try HouseSecrets.draw(for: catalog, in: run.path)
        let desk = try IssuingDesk(
            keys: KeyFiles.tickets(secrets.signersFile),
            coupons: KeyFiles.coupons(secrets.couponsFile, campaign: catalog.campaign.id),
            audience: "hongbao",
            nowS: 1_790_000_000)
        let verifier = try TicketVerifier(keys: KeyFiles.tickets(secrets.ticketsFile), audience: "hongbao")
        for algorithm in TicketAlgorithm.allCases {
            let person = Person(
                user: 42, part: .claims, ticket: algorithm, couponKind: 1, couponSerial: 9,
                repeatsClaim: false,
                spendsAgain: false, isPreloaded: true, seed: 1)
            #expect(try verifier.verify(desk.ticket(person)[...], nowS: 1_790_000_000).user == 42)
            #expect(throws: TicketError.expired) {
                try verifier.verify(desk.ticket(person, expired: true)[...], nowS: 1_790_000_000)
            }
        }
        #expect(
            try KeyFiles.operators(secrets.operatorsFile).name(forKey: secrets.adminKey.utf8, nowS: 0)
                == "demo")
        for game in catalog.games { _ = try KeyFiles.signer(game, directory: secrets.gamesDirectory) }
        var status = stat()
        #expect(stat(secrets.signersFile, &status) == 0 && status.st_mode & 0o077 == 0)
        #expect(try HouseSecrets.draw(for: catalog, in: run.path).adminKey != secrets.adminKey)
    }

    @Test func aCopiedCampaignIsAnotherCampaign() throws {
        let run = try RunDirectory.claimUnique(prefix: "house-plan")
        defer { run.release() }
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let copy = try HousePlan.copyCampaign(
            "/\(root)/\(FestivalCatalog.directory)", as: "spring-festival-x1", into: run.path)
        #expect(try CampaignDirectory.load(copy, allowUnset: true).campaign.id == "spring-festival-x1")
    }

    @Test func theEnvironmentReplacesTheStores() {
        #expect(HousePlan.stores([:]) == (.ours, .ours))
        let given = HousePlan.stores(["HONGBAO_REDIS_URL": "redis://r", "HONGBAO_KAFKA_BOOTSTRAP": ""])
        #expect(given == (.given("redis://r"), .ours))
    }

    @Test func portsAreBelowTheSystemsOwn() throws {
        for _ in 0..<20 { #expect((15_000...31_999).contains(try QuietPort.pick())) }
    }
}
