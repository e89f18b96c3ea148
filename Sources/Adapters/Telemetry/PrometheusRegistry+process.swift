import Glibc

extension PrometheusRegistry {
    /// Adds what every process shows of itself, by the names that Prometheus' own clients use.
    package func observeProcess() {
        let startedS = Double(time(nil))
        observe("process_start_time_seconds", help: "Unix time at which the process started.") { startedS }
        observeCounter("process_cpu_seconds_total", help: "User and system CPU time spent, seconds.") {
            var usage = rusage()
            guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
            return seconds(usage.ru_utime) + seconds(usage.ru_stime)
        }
        observe("process_resident_memory_bytes", help: "Resident memory, bytes.") {
            guard let file = fopen("/proc/self/statm", "re") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, Int32(line.count), file) != nil else { return nil }
            // Fields: size, resident, ... in pages (proc(5)).
            var end: UnsafeMutablePointer<CChar>?
            return line.withUnsafeBufferPointer { text in
                _ = strtol(text.baseAddress!, &end, 10)
                guard let end else { return nil }
                return Double(strtol(end, nil, 10) * sysconf(Int32(_SC_PAGESIZE)))
            }
        }
        observe("process_open_fds", help: "Open file descriptors.") {
            guard let folder = opendir("/proc/self/fd") else { return nil }
            defer { closedir(folder) }
            var count = 0
            while readdir(folder) != nil { count += 1 }
            // Without `.`, `..` and the folder's own descriptor.
            return Double(count - 3)
        }
    }
}

private func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
}
