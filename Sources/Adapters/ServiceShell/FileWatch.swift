import Glibc
import NIOCore

/// Watches a small file and tells when its content has changed.
///
/// Looks once a second at modification time, size and inode, and reads the file only when one of them has
/// changed; a rewrite with the same content is no change, and neither is a file that is gone for a while. Two
/// system calls on the loop a second: the file is local and small.
///
/// `@unchecked Sendable`: after `init`, all state is touched on `loop` only.
package final class FileWatch: @unchecked Sendable {
    private struct Stamp: Equatable {
        var inode: UInt64
        var bytes: Int64
        var modifiedS: Int64
        var modifiedNs: Int64
    }

    /// Largest file compared, bytes.
    package static let maxBytes = 64 * 1024

    private let path: String
    private let loop: any EventLoop
    private let interval: TimeAmount
    private let onChange: @Sendable ([UInt8]) -> Void
    private var stamp: Stamp?
    private var content: [UInt8]?
    private var timer: RepeatedTask?

    /// - Parameters:
    ///   - known: the content to compare with, as it was read before; nil takes that of now.
    ///   - onChange: gets the new content, on `loop`.
    package init(
        path: String, loop: any EventLoop, interval: TimeAmount = .seconds(1), known: [UInt8]? = nil,
        onChange: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.path = path
        self.loop = loop
        self.interval = interval
        self.onChange = onChange
        // Without a stamp the first look reads the file: it may have changed since it was read.
        stamp = known == nil ? Self.stamp(of: path) : nil
        content = known ?? SmallFile.read(path, maxBytes: Self.maxBytes)
    }

    /// Any thread.
    package func start() {
        loop.execute { [self] in
            guard timer == nil else { return }
            timer = loop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { [weak self] _ in
                self?.look()
            }
        }
    }

    /// Any thread.
    package func stop() {
        loop.execute { [self] in
            timer?.cancel()
            timer = nil
        }
    }

    private func look() {
        guard let now = Self.stamp(of: path), now != stamp else { return }
        // Empty is a writer between truncating and writing.
        guard let bytes = SmallFile.read(path, maxBytes: Self.maxBytes), !bytes.isEmpty else { return }
        stamp = now
        guard bytes != content else { return }
        content = bytes
        onChange(bytes)
    }

    private static func stamp(of path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            inode: UInt64(status.st_ino), bytes: Int64(status.st_size),
            modifiedS: Int64(status.st_mtim.tv_sec), modifiedNs: Int64(status.st_mtim.tv_nsec))
    }
}
