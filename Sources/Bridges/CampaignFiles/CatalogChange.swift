import Catalog

/// What a catalog that is served may become without a restart.
///
/// Frozen is what stored bytes or promises to people rest on. Tokens, keys and records carry slots, so ids
/// and slots of games, regions, packs and kinds of coupon stay, and further ones may only be appended; keys
/// and partitions are computed from `storage`; who is a newcomer rests on `opensAt` and on a pack's audience;
/// and what a person was shown in a pack is what is delivered. Texts, images, limits, endpoints, pauses,
/// closing times and all that ranking uses may change.
///
/// Stock is another matter: the file says how much there is at the start, and more is given by an operator's
/// act. A larger number is taken note of and changes nothing; a smaller one is refused, since packs may have
/// been issued against it (promise 5).
package enum CatalogChange {
    /// What may be served now.
    package struct Accepted: Sendable {
        /// The new catalog, with the old one's stock.
        package let catalog: Catalog
        /// What is in the files and not applied, one line each, as `file: path: reason`.
        package let notes: [String]
    }

    /// - Parameter directory: where the files of `new` are; only named in faults and notes.
    /// - Throws: everything frozen that `new` changes.
    package static func check(
        from old: Catalog, to new: Catalog, directory: String = ""
    ) throws(CatalogFaults) -> Accepted {
        var check = Check(directory: directory)
        check.campaign(old.campaign, new.campaign)
        check.games(old.games, new.games)
        check.gifts(old, new)
        guard check.faults.isEmpty else { throw CatalogFaults(check.faults) }
        guard !check.notes.isEmpty else { return Accepted(catalog: new, notes: []) }
        let gifts = new.gifts.map { gift in
            Int(gift.slot) < old.gifts.count ? gift.with(stock: old.gifts[Int(gift.slot)].stock) : gift
        }
        let catalog = Catalog(
            campaign: new.campaign, games: new.games, gifts: gifts, contentHash: new.contentHash,
            modelledGifts: new.modelledGifts)
        return Accepted(catalog: catalog, notes: check.notes.map(\.description))
    }

    private struct Check {
        private let campaignFile: String
        private let gamesFile: String
        private let giftsFile: String
        private(set) var faults: [CatalogFault] = []
        private(set) var notes: [CatalogFault] = []

        init(directory: String) {
            let prefix = directory.isEmpty || directory.hasSuffix("/") ? directory : directory + "/"
            campaignFile = prefix + CatalogLoader.fileNames[0]
            gamesFile = prefix + CatalogLoader.fileNames[1]
            giftsFile = prefix + CatalogLoader.fileNames[2]
        }

        mutating func campaign(_ old: Campaign, _ new: Campaign) {
            frozen(old.id, new.id, campaignFile, "id")
            frozen(old.opensAtMs, new.opensAtMs, campaignFile, "opensAt", "it decides who is a newcomer")
            frozen(
                old.ranking.dimensions, new.ranking.dimensions, campaignFile, "ranking.dimensions",
                "stored preference vectors have as many")
            storage(old.storage, new.storage)
            slots(old.couponKinds.map(\.id), new.couponKinds.map(\.id), campaignFile, "couponKinds")
        }

        private mutating func storage(_ old: Storage, _ new: Storage) {
            let why = "keys and partitions are computed from it"
            frozen(old.shards, new.shards, campaignFile, "storage.shards", why)
            frozen(old.claimBuckets, new.claimBuckets, campaignFile, "storage.claimBuckets", why)
            frozen(old.ordersPartitions, new.ordersPartitions, campaignFile, "storage.ordersPartitions", why)
            frozen(
                old.outcomesPartitions, new.outcomesPartitions, campaignFile, "storage.outcomesPartitions",
                why)
            frozen(old.retryTiersMs, new.retryTiersMs, campaignFile, "storage.retryTiersMs", why)
            frozen(old.replication, new.replication, campaignFile, "storage.replication", why)
        }

        mutating func games(_ old: [Game], _ new: [Game]) {
            slots(old.map(\.id), new.map(\.id), gamesFile, "games")
            for (old, new) in zip(old, new) where old.id == new.id {
                slots(
                    old.regions.map(\.id), new.regions.map(\.id), gamesFile, "games(\(old.id)).regions")
            }
        }

        mutating func gifts(_ old: Catalog, _ new: Catalog) {
            slots(old.gifts.map(\.id), new.gifts.map(\.id), giftsFile, "gifts")
            for (gift, changed) in zip(old.gifts, new.gifts) where gift.id == changed.id {
                let place = "gifts(\(gift.id))"
                frozen(
                    old.games[Int(gift.game)].id, new.games[Int(changed.game)].id, giftsFile,
                    "\(place).game")
                frozen(
                    gift.audience.rawValue, changed.audience.rawValue, giftsFile, "\(place).audience",
                    "it was promised to people")
                if gift.items != changed.items {
                    refuse(giftsFile, "\(place).items", "is frozen: people claimed what they were shown")
                }
                stock(gift.stock, changed.stock, place)
            }
        }

        private mutating func stock(_ old: Int, _ new: Int, _ place: String) {
            if new < old {
                refuse(giftsFile, "\(place).stock", "is \(old) and may not shrink to \(new)")
            } else if new > old {
                let reason = "\(new) is not applied: more than \(old) is given by an operator's act"
                notes.append(CatalogFault(file: giftsFile, path: "\(place).stock", reason: reason))
            }
        }

        /// Index = slot. Each old id must be where it was.
        private mutating func slots(_ old: [String], _ new: [String], _ file: String, _ list: String) {
            for (slot, id) in old.enumerated() {
                if slot >= new.count {
                    refuse(file, list, "\(id) of slot \(slot) is gone; entries may only be appended")
                } else if new[slot] != id {
                    refuse(file, list, "slot \(slot) is \(id)'s for ever, not \(new[slot])'s")
                }
            }
        }

        private mutating func frozen<Value: Equatable>(
            _ old: Value, _ new: Value, _ file: String, _ path: String, _ why: String? = nil
        ) {
            guard old != new else { return }
            refuse(
                file, path,
                "is frozen while it is served (\(old), not \(new))" + (why.map { ": \($0)" } ?? ""))
        }

        private mutating func refuse(_ file: String, _ path: String, _ reason: String) {
            faults.append(CatalogFault(file: file, path: path, reason: reason))
        }
    }
}
