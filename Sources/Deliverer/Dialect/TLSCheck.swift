import CampaignFiles
import Catalog
import Credentials
import Glibc
import Wire

/// Looks at the files of a game's TLS before they are needed.
struct TLSCheck {
    /// One file that will not do, by its field in `tls`.
    struct Fault: Equatable {
        let path: String
        let reason: String
    }

    /// A certificate that ends sooner is told of.
    static let soonS: Int64 = 30 * 86_400
    static let maxBytes = 1 << 20

    private(set) var faults: [Fault] = []
    /// What will do and wants a person's eye.
    private(set) var warnings: [Fault] = []
    /// The certificate that is shown to the game; nil: none.
    private(set) var certificate: CertificateFacts?

    init(_ tls: GameTLS, directory: String, nowS: Int64) {
        if let name = tls.caFile, let bytes = read(name, "caFile", in: directory) {
            do throws(KeyFault) {
                note(try CertificateFacts(pem: bytes), "caFile", nowS)
            } catch {
                faults.append(Fault(path: "caFile", reason: "\(directory)/\(name): \(error)"))
            }
        }
        guard let name = tls.certificateFile, let keyName = tls.keyFile else { return }
        let bytes = read(name, "certificateFile", in: directory)
        let key = read(keyName, "keyFile", in: directory)
        guard let bytes else { return }
        do throws(KeyFault) {
            let facts = try CertificateFacts(pem: bytes)
            certificate = facts
            note(facts, "certificateFile", nowS)
            if let key { _ = try CertificateFacts(pem: bytes, key: key) }
        } catch {
            let isKeys = error.reason != .unreadableCertificate
            let why =
                error.reason == .wrongKind ? "is not the key of \(name)" : error.description
            faults.append(
                Fault(
                    path: isKeys ? "keyFile" : "certificateFile",
                    reason: "\(directory)/\(isKeys ? keyName : name): \(why)"))
        }
    }

    private mutating func read(_ name: String, _ path: String, in directory: String) -> [UInt8]? {
        do throws(FileFault) {
            return try FileBytes.read("\(directory)/\(name)", most: Self.maxBytes)
        } catch {
            faults.append(Fault(path: path, reason: error.description))
            return nil
        }
    }

    private mutating func note(_ facts: CertificateFacts, _ path: String, _ nowS: Int64) {
        let day = UTCTimestamp.rfc3339(unixMs: facts.validToS * 1000).prefix(10)
        if nowS >= facts.validToS {
            faults.append(Fault(path: path, reason: "the certificate ended on \(day)"))
        } else if nowS < facts.validFromS {
            let from = UTCTimestamp.rfc3339(unixMs: facts.validFromS * 1000)
            faults.append(Fault(path: path, reason: "the certificate is not valid before \(from)"))
        } else if facts.validToS - nowS < Self.soonS {
            warnings.append(Fault(path: path, reason: "the certificate ends on \(day)"))
        }
    }
}
