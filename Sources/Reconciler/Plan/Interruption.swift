import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish: whoever asks ``isAsked`` comes to a good end first. A second one ends the
/// process at once.
enum Interruption {
    private static let asked = Atomic<Bool>(false)

    static var isAsked: Bool { asked.load(ordering: .relaxed) }

    /// From now on. The flag is made before a handler may touch it.
    static func listen() {
        asked.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                signal(number, SIG_DFL)
                Interruption.asked.store(true, ordering: .relaxed)
            }
        }
    }
}
