import CampaignFiles
import Logging
import Metrics
import NIOPosix
import ServiceShell

/// Keys that a setting names: the file of `<name>.keys_file`, or what the environment holds under
/// `<name>.keys` (`HONGBAO_TICKETS_KEYS`), which goes before the file.
///
/// A file is looked at once a second and read again when it has changed, so that keys are exchanged without a
/// restart. One that cannot be used changes nothing: the keys of before stay, the log and `/readyz` say why,
/// and the process stays ready.
package struct KeySource<Keys: Sendable>: Sendable {
    package typealias Parse = @Sendable (_ bytes: [UInt8], _ origin: String) throws(FileFault) -> Keys

    /// How the text is written.
    package enum Form: Sendable {
        /// One document, the same in the environment.
        case document
        /// A key a line; in the environment `;` separates them as well.
        case lines
    }

    /// The keys of the start.
    package let first: Keys

    private let name: String
    /// nil: from the environment, which does not change.
    private let path: String?
    private let bytes: [UInt8]
    private let parse: Parse
    private let context: ServiceContext

    /// nil where neither is set.
    ///
    /// - Parameter allowed: what the fault of a setting says that it may be.
    /// - Throws: the fault of the setting; nothing of the keys is in it.
    package init?(
        _ context: ServiceContext, _ name: String, form: Form, allowed: String, parse: @escaping Parse
    ) throws(SettingsFault) {
        let path = try context.settings.optionalPath("\(name).keys_file")
        let text = try context.settings.environmentSecret("\(name).keys")
        self.context = context
        self.name = name
        self.parse = parse
        if let text {
            self.path = nil
            let newline = UInt8(ascii: "\n")
            bytes = text.utf8.map { form == .lines && $0 == UInt8(ascii: ";") ? newline : $0 }
            let origin = Settings.variable(for: "\(name).keys")
            do {
                first = try parse(bytes, origin)
            } catch {
                throw SettingsFault(
                    key: "\(name).keys", value: nil, allowed: "\(allowed) (\(error))", origin: origin)
            }
        } else if let path {
            self.path = path
            do {
                bytes = try FileBytes.read(path, most: FileWatch.maxBytes)
                first = try parse(bytes, path)
            } catch {
                throw SettingsFault(
                    key: "\(name).keys_file", value: path, allowed: "\(allowed) (\(error))",
                    origin: "settings")
            }
        } else {
            return nil
        }
    }

    /// The same where one of both has to be set.
    package static func required(
        _ context: ServiceContext, _ name: String, form: Form, allowed: String, parse: @escaping Parse
    ) throws(SettingsFault) -> KeySource {
        if let source = try KeySource(context, name, form: form, allowed: allowed, parse: parse) {
            return source
        }
        throw SettingsFault(
            key: "\(name).keys_file", value: nil,
            allowed: "required and not set, or set \(Settings.variable(for: "\(name).keys"))",
            origin: "settings")
    }

    /// Has the file watched from the start of the process on.
    ///
    /// - Parameter take: gets the keys of a file that has changed and can be used, on an event loop.
    package func whenChanged(_ take: @escaping @Sendable (Keys) -> Void) {
        guard let path else { return }
        let check = context.readiness.check("\(name)-keys")
        check.set(true, "as at the start")
        let (name, parse, logger) = (name, parse, context.logger)
        let (loaded, refused) = (Self.counter(name, "loaded"), Self.counter(name, "refused"))
        let watch = FileWatch(path: path, loop: context.group.any(), known: bytes) { bytes in
            do throws(FileFault) {
                take(try parse(bytes, path))
                loaded.increment()
                check.set(true, "as in the file")
                logger.notice("keys exchanged", metadata: ["keys": "\(name)", "file": "\(path)"])
            } catch {
                refused.increment()
                check.set(true, "those of before: \(error)")
                logger.error("keys not exchanged", metadata: ["keys": "\(name)", "fault": "\(error)"])
            }
        }
        context.add(
            ServicePart("watch of \(path)", start: { watch.start() }, stop: { watch.stop() }))
    }

    private static func counter(_ name: String, _ result: String) -> Counter {
        Counter(label: "key_file_changes_total", dimensions: [("keys", name), ("result", result)])
    }
}
