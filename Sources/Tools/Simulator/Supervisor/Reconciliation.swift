import CampaignFiles
import Orders
import Stack
import Wire

/// The reconciler's command line, used as an operator would.
struct Reconciliation {
    /// A resend plan as it was written.
    struct Plan: Sendable {
        let path: String
        let checksum: String
        let orders: Set<OrderID>
    }

    let house: House
    private static let limit: Duration = .seconds(60)

    /// `reconciler plan`: compares and writes what is to be sent again.
    func plan(_ name: String) throws -> Plan {
        let path = "\(house.run.path)/\(name).json"
        let settings = house.plan.settingsFile(.reconciler)
        try run(name, ["plan", "--too-young", "0", "--config", settings, "--out", path])
        return try Self.read(path)
    }

    /// `reconciler apply`: sends it again, under its checksum, by and why.
    func apply(_ plan: Plan, reason: String) throws {
        try run(
            "apply",
            [
                "apply", plan.path, "--config", house.plan.settingsFile(.reconciler), "--checksum",
                plan.checksum,
                "--by", HouseSecrets.operatorName, "--reason", reason, "--yes",
            ])
    }

    private func run(_ name: String, _ arguments: [String]) throws {
        let process = try ChildProcess(
            name: "reconciler-\(name)", executable: try ServiceProgram.locate("reconciler"),
            arguments: arguments,
            environment: house.plan.environment, in: house.run)
        guard let exit = process.waitForExit(within: Self.limit) else {
            throw StackFailure("reconciler \(name) did not end in time\n\(process.logTail())")
        }
        guard exit == .code(0) else {
            throw StackFailure("reconciler \(name) failed (\(exit.words))\n\(process.logTail())")
        }
    }

    private static func read(_ path: String) throws -> Plan {
        let json = try JSON.parse(FileBytes.read(path, most: 64 << 20), limits: limits)
        guard case .object(let object) = json, case .string(let checksum) = object["checksum"],
            case .array(let entries) = object["orders"]
        else { throw StackFailure("\(path) is no resend plan") }
        var orders: Set<OrderID> = []
        for entry in entries {
            switch entry {
            case .string(let text): if let id = OrderID(text: text) { orders.insert(id) }
            case .object(let order):
                if case .string(let text) = order["order"], let id = OrderID(text: text) { orders.insert(id) }
            default: break
            }
        }
        return Plan(path: path, checksum: checksum, orders: orders)
    }

    private static let limits = JSONLimits(maxBytes: 64 << 20, maxDepth: 16, maxNodes: 4_000_000)
}
