import CampaignFiles
import Catalog
import Foundation
import Redis
import Stack

/// Makes a stack's plan: finds StaticData, draws secrets and ports, reads the campaign as the services will.
enum HouseMaking {
    static let campaign = "spring-festival"

    /// - Parameters:
    ///   - isolated: where a store is shared with others, gives the campaign an id of its own.
    ///   - seed: of the outside world.
    static func make(in run: RunDirectory, seed: UInt64, isolated: Bool) throws -> (HousePlan, Catalog) {
        let staticData = "\(FileManager.default.currentDirectoryPath)/StaticData"
        let source = "\(staticData)/campaigns/\(campaign)"
        guard FileManager.default.fileExists(atPath: "\(source)/campaign.json") else {
            throw StackFailure("no StaticData here: run it in the repository's directory")
        }
        let (redis, kafka) = HousePlan.stores(ProcessInfo.processInfo.environment)
        let isShared = redis != .ours || kafka != .ours
        let tag = String(seed % 0x100_0000, radix: 36)
        let directory =
            isolated && isShared
            ? try HousePlan.copyCampaign(
                source, as: "\(campaign)-\(tag)", into: run.directory("campaigns")) : source
        let ports = try HousePlan.Ports.pick()
        let unset = try CampaignDirectory.load(directory, allowUnset: true)
        let secrets = try HouseSecrets.draw(for: unset, in: run.directory("secrets"))
        let plan = HousePlan(
            directory: run.path, staticData: staticData, campaign: directory, ports: ports, secrets: secrets,
            redis: redis, kafka: kafka, seed: seed)
        return (plan, try CampaignDirectory.load(directory, environment: plan.environment))
    }

    /// What a crowd against this stack needs.
    static func crowdSettings(
        _ house: House, _ catalog: Catalog, people: Int, validClaims: Int
    ) throws -> CrowdSettings {
        let plan = house.plan
        return CrowdSettings(
            catalog: catalog, plan: CrowdPlan(people: people, validClaims: validClaims, seed: plan.seed),
            worldSeed: plan.seed,
            options: CrowdRun.Options(recommendURL: plan.recommendURL, claimURL: plan.claimURL),
            redis: try .init(url: house.redisURL), audience: "hongbao",
            ticketKeys: try KeyFiles.tickets(plan.secrets.signersFile),
            coupons: try KeyFiles.coupons(plan.secrets.couponsFile, campaign: catalog.campaign.id),
            notes: plan.directory)
    }
}
