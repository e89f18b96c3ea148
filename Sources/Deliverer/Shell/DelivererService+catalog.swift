import CampaignFiles
import Catalog
import Credentials
import NIOCore
import ServiceShell
import ServiceWiring
import Telemetry

extension DelivererService {
    /// Follows the campaign's files and the games' secrets.
    static func follow(
        _ context: ServiceContext, _ catalog: Catalog, _ keys: GameKeys, _ loop: DeliveryLoop
    ) throws(SettingsFault) -> ServicePart {
        keys.whenChanged { slot, signer in
            loop.loop.execute { loop.adopt(signer, game: slot) }
        }
        let known = catalog.games.count
        let follower = CatalogFollower(
            context, serving: catalog, counter: "hongbao_deliverer_catalog_reloads_total",
            gauge: "hongbao_deliverer_catalog_refused",
            onRefusal: { loop.loop.execute { loop.fellBehind() } }
        ) { catalog, served throws(CatalogFollower.Refusal) in
            let signers = try signers(catalog, served, keys)
            loop.loop.execute { loop.adopt(catalog, signers: signers) }
            let added = catalog.games.dropFirst(known).map(\.id)
            guard !added.isEmpty else { return nil }
            return "\(added.joined(separator: ", ")): added after the start, and delivered to when all "
                + "Deliverers have been restarted"
        }
        return follower.part(directory: try context.settings.path("campaign"))
    }

    /// The signers that the edit wants anew; what it names beside the files of the campaign has to be there.
    private static func signers(
        _ catalog: Catalog, _ served: Catalog, _ keys: GameKeys
    ) throws(CatalogFollower.Refusal) -> [(slot: UInt8, signer: GameSigner)] {
        let nowS = SystemClock.nowMs / 1000
        for (old, game) in zip(served.games, catalog.games) where old.tls != game.tls {
            guard let tls = game.tls else { continue }
            let finding = TLSCheck(tls, directory: keys.directory, nowS: nowS)
            if let fault = finding.faults.first {
                throw CatalogFollower.Refusal("games(\(game.id)).tls.\(fault.path): \(fault.reason)")
            }
        }
        do throws(FileFault) {
            return try keys.adopt(catalog)
        } catch {
            throw CatalogFollower.Refusal(error.description)
        }
    }
}
