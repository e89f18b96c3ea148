import Wire

let campaignCases: [FaultCase] = [
    FaultCase(
        "campaign.json", "closesAt", .string("2025-12-31T00:00:00Z"), at: "closesAt", "after opensAt"),
    FaultCase(
        "campaign.json", "closesAt", .string("2026-01-01T00:00:00Z"), at: "closesAt", "after opensAt"),
    FaultCase(
        "campaign.json", "endsAt", .string("2026-01-31T00:00:00Z"), at: "endsAt", "not be before closesAt"),
    FaultCase(
        "campaign.json", "settlesAt", .string("2026-01-31T23:59:59Z"), at: "settlesAt",
        "not be before closesAt"),
    FaultCase(
        "campaign.json", "settlesAt", .string("2026-02-03T00:00:01Z"), at: "settlesAt",
        "not be after endsAt"),
    FaultCase("campaign.json", "settlesAt", .null, at: "settlesAt", "must be a time"),
    FaultCase("campaign.json", "opensAt", .string("2026-13-01T00:00:00Z"), at: "opensAt", "must be a time"),
    FaultCase("campaign.json", "opensAt", .integer(1_767_225_600), at: "opensAt", "must be a time"),
    FaultCase("campaign.json", "id", .string("Lantern"), at: "id", "lower-case"),
    FaultCase("campaign.json", "id", .string("lantern-"), at: "id", "lower-case"),
    FaultCase("campaign.json", "id", .string("lan.tern"), at: "id", "lower-case"),
    FaultCase("campaign.json", "id", .string("other"), at: "id", "must be the directory's name, \"lantern\""),
    FaultCase(
        "campaign.json", "id", .string(String(repeating: "a", count: 33)), at: "id", "1 to 32 characters"),
    FaultCase("campaign.json", "title", .string("Lanterns"), at: "title", "must be an object, not a string"),
    FaultCase("campaign.json", "title.zh", nil, at: "title.zh", "missing"),
    FaultCase("campaign.json", "title.fr", .string("x"), at: "title.fr", "unknown key; allowed here: en, zh"),
    FaultCase("campaign.json", "title.en", .string("a\nb"), at: "title.en", "control character"),
    FaultCase(
        "campaign.json", "colour", .string("red"), at: "colour",
        "unknown key; allowed here: $schema, id, title"),
    FaultCase("campaign.json", "couponKinds", .array([]), at: "couponKinds", "1 to 16 elements"),
    FaultCase(
        "campaign.json", "couponKinds.1.id", .string("swipe"), at: "couponKinds[1].id",
        "duplicate id \"swipe\""),
    FaultCase(
        "campaign.json", "couponKinds.1.slot", .integer(0), at: "couponKinds[1].slot", "duplicate slot 0"),
    FaultCase("campaign.json", "couponKinds.1.slot", .integer(3), at: "couponKinds", "1 is missing"),
    FaultCase(
        "campaign.json", "couponKinds.1.slot", .integer(16), at: "couponKinds[1].slot", "must be 0 to 15"),
    FaultCase("campaign.json", "totalLimit.burst", .integer(1), at: "totalLimit.burst", "must be 2 to"),
    FaultCase(
        "campaign.json", "totalLimit.perSecond", .integer(0), at: "totalLimit.perSecond", "must be 0.01 to"),
    FaultCase("campaign.json", "deliveryWindowMs", .integer(0), at: "deliveryWindowMs", "must be 1000 to"),
    FaultCase("campaign.json", "deliveryWindowMs", .double(1.5e5), at: "deliveryWindowMs", "whole number"),
    FaultCase(
        "campaign.json", "storage.shards", .integer(0), at: "storage.shards", "must be 1 to 1024, not 0"),
    FaultCase("campaign.json", "storage.shards", .integer(1025), at: "storage.shards", "must be 1 to 1024"),
    FaultCase(
        "campaign.json", "storage.claimBuckets", .integer(0), at: "storage.claimBuckets", "must be 1 to 65536"
    ),
    FaultCase(
        "campaign.json", "storage.ordersPartitions", .integer(257), at: "storage.ordersPartitions", "1 to 256"
    ),
    FaultCase("campaign.json", "storage.replication", .integer(10), at: "storage.replication", "1 to 9"),
    FaultCase(
        "campaign.json", "storage.retryTiersMs", .array([]), at: "storage.retryTiersMs", "1 to 16 elements"),
    FaultCase(
        "campaign.json", "storage.retryTiersMs.1", .integer(30_000), at: "storage.retryTiersMs[1]",
        "longer than"),
    FaultCase(
        "campaign.json", "storage.retryTiersMs.1", .integer(172_800_000), at: "storage.retryTiersMs[1]",
        "shorter"),
    FaultCase(
        "campaign.json", "storage.retryTiersMs.0", .bool(true), at: "storage.retryTiersMs[0]", "whole"),
    FaultCase(
        "campaign.json", "ranking.preference", .double(1.5), at: "ranking.preference", "must be 0.0 to 1.0"),
    FaultCase("campaign.json", "ranking.dimensions", .integer(65), at: "ranking.dimensions", "1 to 64"),
    FaultCase("campaign.json", "ranking.neighbours", .integer(0), at: "ranking.neighbours", "1 to 16"),
    FaultCase("campaign.json", "ranking.neighbours", .integer(17), at: "ranking.neighbours", "1 to 16"),
    FaultCase("campaign.json", "ranking.neighbours", .null, at: "ranking.neighbours", "whole number"),
    FaultCase("campaign.json", "quotas", .null, at: "quotas", "must be an object"),
    FaultCase("campaign.json", "quotas.perPerson", .integer(0), at: "quotas.perPerson", "1 to 65535"),
    FaultCase("campaign.json", "quotas.perPersonGift", .integer(256), at: "quotas.perPersonGift", "1 to 255"),
    FaultCase("campaign.json", "quotas.perPersonDay", .null, at: "quotas.perPersonDay", "whole number"),
    FaultCase(
        "campaign.json", "quotas.dayOffsetMinutes", .integer(1440), at: "quotas.dayOffsetMinutes",
        "-1439 to 1439"),
    FaultCase("campaign.json", "quotas.perHour", .integer(1), at: "quotas.perHour", "unknown key"),
    FaultCase("campaign.json", "approval", .bool(true), at: "approval", "must be an object"),
    FaultCase("campaign.json", "approval.hold", nil, at: "approval.hold", "missing"),
    FaultCase(
        "campaign.json", "approval.hold", .string("never"), at: "approval.hold",
        "must be one of always, suspicious"),
    FaultCase(
        "campaign.json", "approval.claimsPerDevice", .integer(0), at: "approval.claimsPerDevice", "1 to"),
    FaultCase(
        "campaign.json", "approval.claimsPerAddress", .double(1.5), at: "approval.claimsPerAddress", "whole"),
    FaultCase(
        "campaign.json", "approval.minAccountAgeDays", .integer(36_501), at: "approval.minAccountAgeDays",
        "1 to 36500"),
    FaultCase(
        "campaign.json", "approval.twoPersonsFrom", .integer(-1), at: "approval.twoPersonsFrom", "0 to"),
    FaultCase(
        "campaign.json", "approval.capPerOperatorPerDay", .integer(0), at: "approval.capPerOperatorPerDay",
        "1 to"),
    FaultCase("campaign.json", "approval.by", .string("me"), at: "approval.by", "unknown key"),
]

let gamesCases: [FaultCase] = [
    FaultCase("games.json", "games.1.slot", .integer(1), at: "games[1].slot", "duplicate slot 1"),
    FaultCase(
        "games.json", "games.0.slot", .integer(2), at: "games",
        "slots must be 0...1 without a gap; 1 is missing"),
    FaultCase("games.json", "games.0.slot", .integer(64), at: "games[0].slot", "must be 0 to 63"),
    FaultCase("games.json", "games.0.limit.burst", .integer(1), at: "games[0].limit.burst", "must be 2 to"),
    FaultCase(
        "games.json", "games.0.limit.burst", .integer(5), at: "games[0].maxConcurrency",
        "below limit.burst (5)"),
    FaultCase(
        "games.json", "games.0.limit.perSecond", .integer(101), at: "games[0].limit.perSecond",
        "above the campaign"),
    FaultCase(
        "games.json", "games.0.limit.perHour", .integer(1), at: "games[0].limit.perHour",
        "allowed here: perSecond"),
    FaultCase(
        "games.json", "games.0.maxConcurrency", .integer(0), at: "games[0].maxConcurrency", "must be 1 to"),
    FaultCase(
        "games.json", "games.0.maxConcurrency", .integer(10), at: "games[0].maxConcurrency",
        "below limit.burst"),
    FaultCase(
        "games.json", "games.0.requestTimeoutMs", .integer(60_001), at: "games[0].requestTimeoutMs",
        "1 to 60000"),
    FaultCase(
        "games.json", "games.0.connectTimeoutMs", .integer(1001), at: "games[0].connectTimeoutMs",
        "not be above"),
    FaultCase(
        "games.json", "games.0.endpoint", .string("kites.example/grant"), at: "games[0].endpoint",
        "begin with http"),
    FaultCase(
        "games.json", "games.0.endpoint", .string("http:///grant"), at: "games[0].endpoint", "no valid host"),
    FaultCase("games.json", "games.0.endpoint", .string("http://a:99999/"), at: "games[0].endpoint", "port"),
    FaultCase(
        "games.json", "games.0.endpoint", .string("http://${PORT_X}/"), at: "games[0].endpoint",
        "${PORT_X} is not set"),
    FaultCase(
        "games.json", "games.0.endpoint", .string("http://a/{coupon}"), at: "games[0].endpoint",
        "URL holds {coupon}"),
    FaultCase("games.json", "games.0.endpoint", .null, at: "games[0].endpoint", "must be a string, not null"),
    FaultCase(
        "games.json", "games.1.queryEndpoint", .string("http://a/o"), at: "games[1].queryEndpoint", "URL"),
    FaultCase(
        "games.json", "games.0.queryEndpoint", .string("ftp://a/{order}"), at: "games[0].queryEndpoint",
        "http"),
    FaultCase(
        "games.json", "games.0.roleServiceEndpoint", .string("http://a/{order}"),
        at: "games[0].roleServiceEndpoint",
        "{user}"),
    FaultCase("games.json", "games.0.paused", .null, at: "games[0].paused", "true or false, not null"),
    FaultCase("games.json", "games.0.idempotent", .integer(1), at: "games[0].idempotent", "true or false"),
    FaultCase("games.json", "games.0.regions", .array([]), at: "games[0].regions", "1 to 1024 elements"),
    FaultCase(
        "games.json", "games.1.regions.0.id", .string("s1"), at: "games[1].regions[1].id",
        "duplicate id \"s1\""),
    FaultCase(
        "games.json", "games.1.regions.0.slot", .integer(0), at: "games[1].regions[1].slot",
        "duplicate slot 0"),
    FaultCase("games.json", "games.1.regions.0.slot", .integer(2), at: "games[1].regions", "1 is missing"),
    FaultCase(
        "games.json", "games.0.regions.0.zone", .null, at: "games[0].regions[0].zone",
        "allowed here: id, slot, name"),
    FaultCase(
        "games.json", "games.0.secret", .null, at: "games[0].secret",
        "unknown key; allowed here: id, slot, name, limit"),
    FaultCase("games.json", "version", .integer(1), at: "version", "allowed here: $schema, games"),
]

let giftsCases: [FaultCase] = [
    FaultCase(
        "gifts.json", "gifts.0.game", .string("ghost"), at: "gifts[0].game", "no game \"ghost\" in games.json"
    ),
    FaultCase(
        "gifts.json", "gifts.1.id", .string("rope"), at: "gifts[1].id",
        "duplicate id \"rope\"; it is gifts[0]'s"),
    FaultCase("gifts.json", "gifts.1.slot", .integer(0), at: "gifts[1].slot", "duplicate slot 0"),
    FaultCase(
        "gifts.json", "gifts.1.slot", .integer(7), at: "gifts",
        "slots must be 0...1 without a gap; 1 is missing"),
    FaultCase(
        "gifts.json", "gifts.0.stock", .integer(-1), at: "gifts[0].stock", "must be 0 to 1000000000, not -1"),
    FaultCase(
        "gifts.json", "gifts.0.stock", .string("10"), at: "gifts[0].stock", "whole number, not a string"),
    FaultCase(
        "gifts.json", "gifts.0.audience", .string(""), at: "gifts[0].audience", "one of new, active, everyone"
    ),
    FaultCase(
        "gifts.json", "gifts.0.audience", .string("vip"), at: "gifts[0].audience",
        "one of new, active, everyone"),
    FaultCase("gifts.json", "gifts.0.image", .string("/etc/passwd"), at: "gifts[0].image", "relative path"),
    FaultCase("gifts.json", "gifts.0.image", .string("a/../b.svg"), at: "gifts[0].image", "without .."),
    FaultCase("gifts.json", "gifts.0.image", .string("a//b.svg"), at: "gifts[0].image", "relative path"),
    FaultCase("gifts.json", "gifts.0.image", .string(".hidden"), at: "gifts[0].image", "relative path"),
    FaultCase("gifts.json", "gifts.0.image", .string("a b.svg"), at: "gifts[0].image", "relative path"),
    FaultCase("gifts.json", "gifts.0.image", .string("http://x/y"), at: "gifts[0].image", "relative path"),
    FaultCase("gifts.json", "gifts.0.items", .array([]), at: "gifts[0].items", "1 to 16 elements"),
    FaultCase(
        "gifts.json", "gifts.0.items.0.count", .integer(0), at: "gifts[0].items[0].count", "must be 1 to"),
    FaultCase(
        "gifts.json", "gifts.1.items.1.id", .string("sail"), at: "gifts[1].items[1].id",
        "duplicate item \"sail\""),
    FaultCase("gifts.json", "gifts.0.paused", .integer(1), at: "gifts[0].paused", "true or false"),
    FaultCase("gifts.json", "gifts.0.highValue", .null, at: "gifts[0].highValue", "true or false"),
    FaultCase("gifts.json", "gifts.0.value", .integer(-1), at: "gifts[0].value", "0 to 1000000000"),
    FaultCase("gifts.json", "gifts.0.amount", .integer(1000), at: "gifts[0].amount", "must be an object"),
    FaultCase("gifts.json", "gifts.0.amount.total", .integer(0), at: "gifts[0].amount.total", "1 to"),
    FaultCase(
        "gifts.json", "gifts.0.amount.total", .integer(4_000_000_001), at: "gifts[0].amount.total",
        "1 to 4000000000"),
    FaultCase(
        "gifts.json", "gifts.0.amount.total", .integer(9), at: "gifts[0].amount.total",
        "must not be below stock (10)"),
    FaultCase(
        "gifts.json", "gifts.0.amount.draw", .string("fair"), at: "gifts[0].amount.draw",
        "must be one of double_average, random, presplit"),
    FaultCase("gifts.json", "gifts.0.amount.max", .integer(1), at: "gifts[0].amount.max", "unknown key"),
    FaultCase(
        "gifts.json", "gifts.0.features", .array([.integer(1)]), at: "gifts[0].features", "dimensions (2)"),
    FaultCase("gifts.json", "gifts.0.features.1", .integer(2), at: "gifts[0].features[1]", "-1.0 to 1.0"),
    FaultCase("gifts.json", "gifts.0.popularity", .double(1.01), at: "gifts[0].popularity", "0.0 to 1.0"),
    FaultCase("gifts.json", "gifts.0.freshAt", .string("today"), at: "gifts[0].freshAt", "must be a time"),
    FaultCase(
        "gifts.json", "gifts.0.price", .integer(1), at: "gifts[0].price",
        "unknown key; allowed here: id, slot, game"),
    FaultCase("gifts.json", "gifts", .array([]), at: "gifts", "1 to 1024 elements"),
]
