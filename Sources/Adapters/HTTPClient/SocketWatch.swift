import CCurl
import Glibc

/// The sockets of one curl_multi, those of the plain path, and the mailbox, in epoll.
///
/// curl takes a socket out of the watch whenever a transfer ends and puts it back when the next one on that
/// connection has been sent. For sockets made here that is not passed on: they stay registered until they
/// are closed or become ready with nobody waiting, which saves two system calls a transfer. Owned by the
/// curl thread.
final class SocketWatch {
    static let maxEvents = 256

    private struct Entry {
        /// What epoll knows, 0 when it does not know the socket.
        var registered: UInt32 = 0
        /// What curl wants to hear of.
        var wanted: UInt32 = 0
        /// Made by `open`, so that its end is seen in `closed` before its number is used again.
        var isOurs = false
        /// Handed over by curl: its connection is the plain path's.
        var isPlain = false
    }

    private let poller: Int32
    private let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: maxEvents)
    /// By descriptor.
    private var entries: [Entry] = []

    init() {
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(poller >= 0, "no descriptor left for epoll")
    }

    deinit {
        close(poller)
        events.deallocate()
    }

    /// A new socket for curl, -1 if there is none.
    func open(family: Int32, type: Int32, protocolNumber: Int32) -> Int32 {
        let descriptor = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), protocolNumber)
        if descriptor >= 0 {
            grow(to: descriptor)
            entries[Int(descriptor)] = Entry(isOurs: true)
        }
        return descriptor
    }

    /// curl is done with a socket of ours.
    func closed(_ descriptor: Int32) {
        // The close callback stands in for `close`, so that a socket may outlive curl's connection.
        guard !entries[Int(descriptor)].isPlain else { return }
        // Closing takes it out of epoll.
        entries[Int(descriptor)] = Entry()
        close(descriptor)
    }

    /// Takes a socket of ours that curl has connected away from curl, which must drop its connection next.
    func takeOver(_ descriptor: Int32) { entries[Int(descriptor)].isPlain = true }

    /// Watches a socket that was taken over for bytes to read, and for room to write as well if wanted.
    func watchPlain(_ descriptor: Int32, isWriting: Bool) {
        let mask = EPOLLIN.rawValue | (isWriting ? EPOLLOUT.rawValue : 0)
        entries[Int(descriptor)].wanted = mask
        register(descriptor, mask)
    }

    /// Closes a socket that was taken over.
    func closePlain(_ descriptor: Int32) {
        entries[Int(descriptor)] = Entry()
        close(descriptor)
    }

    /// Watches for what curl says, in its words (CURL_POLL_IN and so on).
    func watch(_ descriptor: Int32, _ what: Int32) {
        grow(to: descriptor)
        let index = Int(descriptor)
        switch what {
        case CURL_POLL_IN: entries[index].wanted = EPOLLIN.rawValue
        case CURL_POLL_OUT: entries[index].wanted = EPOLLOUT.rawValue
        case CURL_POLL_INOUT: entries[index].wanted = EPOLLIN.rawValue | EPOLLOUT.rawValue
        default:
            entries[index].wanted = 0
            if !entries[index].isOurs { forget(descriptor) }
            return
        }
        register(descriptor, entries[index].wanted)
    }

    /// Waits up to so long and hands each ready socket over with curl's mask for it (CURL_CSELECT_IN and
    /// so on). True when nothing else was ready.
    func wait(timeoutMs: Int32, _ body: (_ descriptor: Int32, _ mask: Int32) -> Void) -> Bool {
        let count = epoll_wait(poller, events, Int32(Self.maxEvents), timeoutMs)
        precondition(count >= 0 || errno == EINTR, "epoll_wait failed: \(errno)")
        for index in 0..<max(0, Int(count)) {
            let descriptor = events[index].data.fd
            let ready = events[index].events
            guard entries[Int(descriptor)].wanted != 0 else {
                // An idle connection that its server closed, most likely: curl finds out before using it.
                forget(descriptor)
                continue
            }
            var mask: Int32 = 0
            if ready & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
            if ready & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
            if ready & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
            body(descriptor, mask)
        }
        return count < Self.maxEvents
    }

    private func register(_ descriptor: Int32, _ mask: UInt32) {
        let known = entries[Int(descriptor)].registered
        guard known != mask else { return }
        var event = epoll_event()
        event.events = mask
        event.data.fd = descriptor
        var code = epoll_ctl(poller, known == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        // A socket that is not ours may have been closed and its number given out again meanwhile.
        if code != 0, errno == ENOENT { code = epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) }
        precondition(code == 0, "epoll refused a socket: \(errno)")
        entries[Int(descriptor)].registered = mask
    }

    private func forget(_ descriptor: Int32) {
        guard entries[Int(descriptor)].registered != 0 else { return }
        entries[Int(descriptor)].registered = 0
        // It may be closed already, and epoll then has forgotten it by itself.
        var event = epoll_event()
        epoll_ctl(poller, EPOLL_CTL_DEL, descriptor, &event)
    }

    private func grow(to descriptor: Int32) {
        while entries.count <= Int(descriptor) { entries.append(Entry()) }
    }
}
