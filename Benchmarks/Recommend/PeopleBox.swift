import Synchronization

/// The people that the role services know: their campaign needs the services' port first.
final class PeopleBox: Sendable {
    private let value = Mutex<BenchPeople?>(nil)

    var people: BenchPeople? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
