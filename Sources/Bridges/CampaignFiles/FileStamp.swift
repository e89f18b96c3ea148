import Glibc

/// What tells without reading whether a file has been written, replaced or given other permissions.
///
/// The time of change is looked at beside that of modification, since tools that copy set the latter back.
package struct FileStamp: Sendable, Equatable {
    private let device: UInt64
    private let inode: UInt64
    private let bytes: Int64
    private let modified: Time
    private let changed: Time

    private struct Time: Sendable, Equatable {
        let seconds: Int64
        let nanoseconds: Int64

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = Int64(time.tv_nsec)
        }
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        bytes = Int64(status.st_size)
        modified = Time(status.st_mtim)
        changed = Time(status.st_ctim)
    }

    /// That of the file which a path leads to, links followed; nil = there is none to be seen.
    package init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}
