import Orders
import Testing
import Wire

@Suite("Risk rules")
struct RiskTests {
    private static let nowS: Int64 = 1_770_000_000
    private static let day: Int64 = 86_400

    private static let phone = RiskSource(device: 11, address: 21)
    private static let tablet = RiskSource(device: 12, address: 21)

    @Test("a device is flagged from the claim on that is one too many, and another device is not")
    func device() {
        var desk = RiskDesk(rules: RiskRules(claimsPerDevice: 3), slots: 64)
        for _ in 0..<3 {
            #expect(desk.judge(Self.phone, accountCreatedS: nil, nowS: Self.nowS) == [])
        }
        #expect(desk.judge(Self.phone, accountCreatedS: nil, nowS: Self.nowS) == .device)
        #expect(desk.judge(Self.tablet, accountCreatedS: nil, nowS: Self.nowS) == [])
    }

    @Test("what a rule asks for and nobody tells is looked at: device, address, age")
    func missing() {
        var desk = RiskDesk(
            rules: RiskRules(claimsPerDevice: 3, claimsPerAddress: 3, minAccountAgeDays: 30), slots: 64)
        let flags = desk.judge(.unknown, accountCreatedS: nil, nowS: Self.nowS)
        #expect(flags == [.device, .address, .accountAge])
        #expect(flags.names == ["device", "address", "account_age"])
    }

    @Test("names of flags are read back; a name that is none gives nothing")
    func names() {
        for flag in [RiskFlags.device, .address, .accountAge] {
            #expect(flag.names.compactMap { RiskFlags(name: $0) } == [flag])
        }
        #expect(RiskFlags(name: "weather") == nil)
        #expect(RiskFlags([]).names.isEmpty)
    }

    @Test("an account is old enough at the very second")
    func accountAge() {
        let rules = RiskRules(minAccountAgeDays: 30)
        func flags(_ created: Int64) -> RiskFlags {
            rules.flags(deviceClaims: nil, addressClaims: nil, accountCreatedS: created, nowS: Self.nowS)
        }
        #expect(flags(Self.nowS - 30 * Self.day) == [])
        #expect(flags(Self.nowS - 30 * Self.day + 1) == .accountAge)
        // A clock of the login service that runs ahead.
        #expect(flags(Self.nowS + 60) == .accountAge)
    }

    @Test("an address is flagged whatever its devices are, and devices whatever their address is")
    func addresses() {
        var desk = RiskDesk(rules: RiskRules(claimsPerAddress: 1), slots: 8)
        #expect(desk.judge(Self.phone, accountCreatedS: nil, nowS: 0) == [])
        #expect(desk.judge(Self.tablet, accountCreatedS: nil, nowS: 0) == .address)
        #expect(desk.judge(RiskSource(device: 11, address: 22), accountCreatedS: nil, nowS: 0) == [])
    }

    @Test("claims leave the window: after 24 hours nothing counts, after 21 at most what came since")
    func window() {
        var counters = RiskCounters(slots: 8)
        for _ in 0..<5 { _ = counters.count(7, nowS: Self.nowS) }
        #expect(counters.count(7, nowS: Self.nowS + 20 * 3600) == 6)
        #expect(counters.count(7, nowS: Self.nowS + RiskCounters.windowS) == 2)
        #expect(counters.count(7, nowS: Self.nowS + 10 * RiskCounters.windowS) == 1)
    }

    @Test("a claim taken back does not count, not even over the end of a step")
    func takenBack() {
        var desk = RiskDesk(rules: RiskRules(claimsPerDevice: 1), slots: 8)
        let phone = Self.phone
        for step in 0..<20 as Range<Int64> {
            let nowS = Self.nowS + step * 60
            #expect(desk.judge(phone, accountCreatedS: nil, nowS: nowS) == [])
            desk.takeBack(phone, nowS: nowS + 59)
        }
        _ = desk.judge(phone, accountCreatedS: nil, nowS: Self.nowS)
        desk.takeBack(phone, nowS: Self.nowS + 4 * 3600)
        #expect(desk.judge(phone, accountCreatedS: nil, nowS: Self.nowS + 4 * 3600) == [])
        // Of a name that is not there nothing is taken.
        desk.takeBack(RiskSource(device: 99, address: 0), nowS: Self.nowS)
        #expect(desk.judge(phone, accountCreatedS: nil, nowS: Self.nowS + 4 * 3600) == .device)
    }

    @Test("a clock set back clears nothing and takes nothing away")
    func clockSetBack() {
        var counters = RiskCounters(slots: 8)
        for _ in 0..<4 { _ = counters.count(7, nowS: Self.nowS) }
        #expect(counters.count(7, nowS: Self.nowS - 12 * 3600) == 5)
        #expect(counters.count(7, nowS: Self.nowS) == 6)
        #expect(counters.count(8, nowS: -5) == 1)
    }

    @Test("a full set forgets whoever claims least; who claims much stays flagged; counts never overflow")
    func bounded() {
        var counters = RiskCounters(slots: RiskCounters.ways)
        for _ in 0..<70_000 { _ = counters.count(1, nowS: Self.nowS) }
        for name in 2...10_000 as ClosedRange<UInt64> { _ = counters.count(name, nowS: Self.nowS) }
        #expect(counters.count(1, nowS: Self.nowS) == Int(UInt16.max))
        #expect(counters.forgotten == 10_000 - UInt64(RiskCounters.ways))
    }

    @Test("against a plain count of every claim: never less than that of 21 hours, never more than of 24")
    func againstModel() {
        var random = SplitMix64(seed: 4)
        var counters = RiskCounters(slots: 4096)
        var claims: [UInt64: [Int64]] = [:]
        var nowS = Self.nowS
        for _ in 0..<20_000 {
            nowS += Int64(random.next() % 60)
            let name = 1 + random.next() % 20
            claims[name, default: []].append(nowS)
            let counted = counters.count(name, nowS: nowS)
            let all = claims[name] ?? []
            #expect(counted >= all.count { $0 > nowS - RiskCounters.windowS * 7 / 8 })
            #expect(counted <= all.count { $0 > nowS - RiskCounters.windowS })
        }
        #expect(counters.forgotten == 0)
    }

    @Test("without rules nothing is counted and nothing is flagged")
    func noRules() {
        var desk = RiskDesk(rules: RiskRules())
        for _ in 0..<10 { #expect(desk.judge(.unknown, accountCreatedS: nil, nowS: 0) == []) }
        #expect(desk.forgotten == 0 && desk.rules.isEmpty)
    }
}
