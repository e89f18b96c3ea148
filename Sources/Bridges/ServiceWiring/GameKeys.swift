import CampaignFiles
import Catalog
import Credentials
import Logging
import Metrics
import NIOPosix
import ServiceShell
import Synchronization

/// The games' secrets: `<games.secrets_dir>/<game>.secret`, one file a game.
///
/// The files are looked at once a second and read again when one has changed, as `KeySource` does it: one
/// that cannot be used changes nothing, and the log and `/readyz` (`games-keys`) say why, never what stands
/// in it.
package struct GameKeys: Sendable {
    /// Those of the start, by game slot.
    package let first: [GameSigner]
    /// Where they are; certificates too.
    package let directory: String

    /// The games as they are served, which says in what form their secrets are read.
    private final class Games: Sendable {
        let now: Mutex<[Game]>

        init(_ games: [Game]) { now = Mutex(games) }
    }

    private let games: Games
    private let bytes: [[UInt8]]
    private let context: ServiceContext

    /// - Throws: the fault of `games.secrets_dir`; nothing of the secrets is in it.
    package init(_ context: ServiceContext, _ catalog: Catalog) throws(SettingsFault) {
        let directory = try context.settings.path("games.secrets_dir")
        var (first, bytes) = ([GameSigner](), [[UInt8]]())
        do throws(FileFault) {
            for game in catalog.games {
                let path = KeyFiles.gamePath(game.id, directory: directory)
                let read = try FileBytes.read(path, most: FileWatch.maxBytes)
                first.append(try KeyFiles.signer(game, read, from: path))
                bytes.append(read)
            }
        } catch {
            throw SettingsFault(
                key: "games.secrets_dir", value: directory,
                allowed: "a folder with <game>.secret for every game (\(error))", origin: "settings")
        }
        self.first = first
        self.directory = directory
        self.bytes = bytes
        self.context = context
        games = Games(catalog.games)
    }

    /// An edit of the campaign's files, as soon as it is going to be served: files that change from now on
    /// are read in the form that its games want. Games that were appended are not watched.
    ///
    /// - Returns: the signers of those games that sign in another way than before, by slot.
    /// - Throws: a file that will not do in that form; nothing has changed then.
    package func adopt(_ catalog: Catalog) throws(FileFault) -> [(slot: UInt8, signer: GameSigner)] {
        let before = games.now.withLock { games in
            defer { games = Array(catalog.games.prefix(games.count)) }
            return games
        }
        var signers: [(slot: UInt8, signer: GameSigner)] = []
        do throws(FileFault) {
            for (old, game) in zip(before, catalog.games) {
                guard
                    old.dialect?.signature ?? .standardWebhooks
                        != game.dialect?.signature ?? .standardWebhooks
                else { continue }
                signers.append((game.slot, try KeyFiles.signer(game, directory: directory)))
            }
        } catch {
            games.now.withLock { $0 = before }
            throw error
        }
        return signers
    }

    /// Has the files watched from the start of the process on.
    ///
    /// - Parameter take: gets a game's slot and its signer of a file that has changed and can be used, on an
    ///   event loop.
    package func whenChanged(_ take: @escaping @Sendable (UInt8, GameSigner) -> Void) {
        let check = context.readiness.check("games-keys")
        check.set(true, "as at the start")
        let logger = context.logger
        let (loaded, refused) = (Self.counter("loaded"), Self.counter("refused"))
        let games = games
        for game in games.now.withLock(\.self) {
            let path = KeyFiles.gamePath(game.id, directory: directory)
            let watch = FileWatch(path: path, loop: context.group.any(), known: bytes[Int(game.slot)]) {
                bytes in
                do throws(FileFault) {
                    let now = games.now.withLock { $0[Int(game.slot)] }
                    take(game.slot, try KeyFiles.signer(now, bytes, from: path))
                    loaded.increment()
                    check.set(true, "as in the files")
                    logger.notice("keys exchanged", metadata: ["keys": "games", "file": "\(path)"])
                } catch {
                    refused.increment()
                    check.set(true, "those of before: \(error)")
                    logger.error("keys not exchanged", metadata: ["keys": "games", "fault": "\(error)"])
                }
            }
            context.add(ServicePart("watch of \(path)", start: { watch.start() }, stop: { watch.stop() }))
        }
    }

    private static func counter(_ result: String) -> Counter {
        Counter(label: "key_file_changes_total", dimensions: [("keys", "games"), ("result", result)])
    }
}
