import ArgumentParser
import CampaignFiles
import ServiceShell
import Wire

/// Where the Deliverers' admin ports are, and the operator's key: options of every command that asks them.
struct AdminOptions: ParsableArguments {
    /// Environment variable that holds the key.
    static let keyVariable = "HONGBAO_OPERATOR_KEY"
    static let maxInstances = 64

    @Option(help: ArgumentHelp("The settings file of `deliverer serve` (YAML).", valueName: "file"))
    var config: String
    @Option(
        help: ArgumentHelp(
            "An admin port, as http://host:port; several times for several instances. Default: the config's.",
            valueName: "url"))
    var admin: [String] = []
    @Option(
        help: ArgumentHelp(
            "A file that holds the operator's API key. Default: the variable HONGBAO_OPERATOR_KEY.",
            valueName: "file"))
    var keyFile: String?

    func validate() throws {
        guard admin.count <= Self.maxInstances else {
            throw ValidationError("--admin is taken \(Self.maxInstances) times at most.")
        }
        for url in admin {
            let rest = ["http://", "https://"].first(where: url.hasPrefix).map { url.dropFirst($0.count) }
            guard let rest, !rest.isEmpty, !rest.contains(where: { "/?#@ ".contains($0) }) else {
                throw ValidationError("--admin takes http://host:port, without a path.")
            }
        }
    }

    /// The ports to ask.
    func urls(_ settings: Settings) throws -> [String] {
        guard admin.isEmpty else { return admin }
        let host = try settings.string("admin.host", default: "127.0.0.1")
        var port = Int64(try settings.int("admin.port", in: 0...65_535, default: 0))
        if port == 0 {
            guard let path = try settings.optionalPath("ports_file") else {
                throw CommandFault(
                    CommandFault.settings, "admin.port is 0 and there is no ports_file: say --admin")
            }
            guard
                case .object(let ports)? = try? JSON.parse(
                    try FileBytes.read(path, most: 4_096), limits: .request),
                case .integer(let found)? = ports["admin"]
            else { throw CommandFault(CommandFault.noInput, "\(path): names no admin port: does it run?") }
            port = found
        }
        return ["http://\(host.contains(":") ? "[\(host)]" : host):\(port)"]
    }

    func key() throws -> String {
        if let keyFile {
            guard let key = try FileBytes.lines(keyFile).first else {
                throw CommandFault(CommandFault.noInput, "\(keyFile): holds no key")
            }
            return key
        }
        guard let key = ProcessEnvironment.all()[Self.keyVariable], !key.isEmpty else {
            throw CommandFault(CommandFault.noInput, "no key: say --key-file, or set \(Self.keyVariable)")
        }
        return key
    }
}
