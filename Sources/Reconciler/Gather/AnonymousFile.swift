import CampaignFiles
import Glibc

/// A file without a name: gone with the process, however that ends.
enum AnonymousFile {
    /// - Parameter directory: made where it is not there.
    static func open(in directory: String) throws(FileFault) -> Int32 {
        if mkdir(directory, 0o755) != 0, errno != EEXIST { throw fault(directory) }
        // mkstemp(3) puts letters of its own in the place of the last six.
        var name = Array("\(directory)/.facts-XXXXXX".utf8CString)
        let named = mkstemp(&name)
        guard named >= 0 else { throw fault(directory) }
        _ = fcntl(named, F_SETFD, FD_CLOEXEC)
        unlink(name)
        return named
    }

    static func write(_ bytes: [UInt8], to file: Int32, at offset: Int, _ name: String) throws(FileFault) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(file, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw fault(name) }
            done += count
        }
    }

    static func read(_ file: Int32, at offset: Int, count: Int, _ name: String) throws(FileFault) -> [UInt8] {
        var failed: String?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let some = pread(file, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if some < 0, errno == EINTR { continue }
                guard some > 0 else {
                    // It has no name: nobody else can have cut it.
                    failed = some == 0 ? "ends too early" : String(cString: strerror(errno))
                    return
                }
                filled += some
            }
        }
        if let failed { throw FileFault(path: name, reason: failed) }
        return bytes
    }

    private static func fault(_ name: String) -> FileFault {
        FileFault(path: name, reason: String(cString: strerror(errno)))
    }
}
