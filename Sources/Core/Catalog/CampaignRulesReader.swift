/// Reads the parts of campaign.json that may be left out: `quotas` and `approval`.
struct CampaignRulesReader {
    /// A section that need not be there: nil rules when it is not.
    struct Optional<Rules> {
        let rules: Rules?
    }

    /// Nil when the section is there and faulty.
    private(set) var quotas: Quotas?
    /// Nil when the section is there and faulty.
    private(set) var approval: Optional<ApprovalRules>?

    init(_ root: inout JSONSection) {
        quotas = Self.quotas(&root)
        approval = Self.approval(&root)
    }

    private static func quotas(_ root: inout JSONSection) -> Quotas? {
        guard root.optionalValue("quotas") != nil else { return Quotas.none }
        guard var section = root.section("quotas") else { return nil }
        let range = 1...CatalogLimits.quota
        let person = section.optionalInt("perPerson", in: range)
        let gift = section.optionalInt("perPersonGift", in: 1...CatalogLimits.giftQuota)
        let day = section.optionalInt("perPersonDay", in: range)
        let furthest = CatalogLimits.dayOffsetMinutes
        let offset = section.optionalInt("dayOffsetMinutes", in: -furthest...furthest)
        section.finish()
        guard let person, let gift, let day, let offset else { return nil }
        let quotas = Quotas(
            perPerson: person.value, perPersonGift: gift.value, perPersonDay: day.value,
            dayOffsetMinutes: offset.value ?? 0)
        if quotas.isEmpty {
            section.faults.add(section.path, "one of perPerson, perPersonGift, perPersonDay must be there")
            return nil
        }
        return quotas
    }

    private static func approval(_ root: inout JSONSection) -> Optional<ApprovalRules>? {
        guard root.optionalValue("approval") != nil else { return Optional(rules: nil) }
        guard var section = root.section("approval") else { return nil }
        let hold = section.choice("hold", of: ApprovalRules.Hold.self)
        let range = 1...CatalogLimits.quota
        let device = section.optionalInt("claimsPerDevice", in: range)
        let address = section.optionalInt("claimsPerAddress", in: range)
        let age = section.optionalInt("minAccountAgeDays", in: 1...CatalogLimits.accountAgeDays)
        let two = section.optionalInt("twoPersonsFrom", in: 0...CatalogLimits.value)
        let cap = section.optionalInt("capPerOperatorPerDay", in: range)
        section.finish()
        guard let hold, let device, let address, let age, let two, let cap else { return nil }
        if hold == .suspicious, device.value == nil, address.value == nil, age.value == nil {
            section.faults.add(
                section.path,
                "with \"suspicious\" one of claimsPerDevice, claimsPerAddress, minAccountAgeDays must be "
                    + "there, or nothing is ever held")
            return nil
        }
        return Optional(
            rules: ApprovalRules(
                hold: hold, claimsPerDevice: device.value, claimsPerAddress: address.value,
                minAccountAgeDays: age.value, twoPersonsFrom: two.value, capPerOperatorPerDay: cap.value))
    }
}
