import Catalog
import Glibc

/// A campaign's files on disk: three, and a model where one has been learned.
package enum CampaignDirectory {
    /// What stands in a campaign's directory cannot be used: each fault with file, path and reason.
    package enum Fault: Error, Sendable, CustomStringConvertible {
        case file(FileFault)
        case catalog(CatalogFaults)

        package var description: String {
            switch self {
            case .file(let fault): fault.description
            case .catalog(let faults): faults.description
            }
        }
    }

    /// Reads and validates the campaign.
    ///
    /// - Parameters:
    ///   - path: the directory, such as `StaticData/campaigns/spring-festival`.
    ///   - environment: what stands for `${NAME}` in endpoints; see ``processEnvironment``.
    ///   - allowUnset: takes unset placeholders for 1, to check files away from their stack.
    package static func load(
        _ path: String, environment: [String: String] = processEnvironment, allowUnset: Bool = false
    ) throws(Fault) -> Catalog {
        let directory = path.hasSuffix("/") ? String(path.dropLast()) : path
        var files = [[UInt8]]()
        var model: [UInt8]?
        do throws(FileFault) {
            for name in CatalogLoader.fileNames { files.append(try FileBytes.read("\(directory)/\(name)")) }
            let modelPath = "\(directory)/\(CatalogLoader.modelFileName)"
            // What is there must be readable; only what is not there may be left out.
            if access(modelPath, F_OK) == 0 { model = try FileBytes.read(modelPath) }
        } catch {
            throw .file(error)
        }
        do throws(CatalogFaults) {
            return try CatalogLoader.load(
                campaign: files[0], games: files[1], gifts: files[2], model: model, directory: directory,
                substitutions: environment, allowUnset: allowUnset)
        } catch {
            throw .catalog(error)
        }
    }

    /// The process's environment, read anew.
    package static var processEnvironment: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
            entry += 1
        }
        return result
    }
}
