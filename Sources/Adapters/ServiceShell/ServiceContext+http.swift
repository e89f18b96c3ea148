import HTTPServer
import Logging
import NIOCore

extension ServiceContext {
    /// The public HTTP server as a part, with the settings `http.host`, `http.port` (0 takes a free one),
    /// `http.max_connections`, `http.max_pipelined`, `http.max_body_bytes`, `http.idle_timeout`,
    /// `http.request_timeout`, `http.allowed_networks` and `http.tls.…` (see ``guardPort``). Its port is
    /// reported as `http`, its readiness as `http`.
    ///
    /// Last in the list of parts it starts last and stops first: it drains while all it needs still runs.
    ///
    /// - Parameters:
    ///   - section: another section of the settings (and another name of port, check and metrics label) for a
    ///     second server.
    ///   - configure: changes the options that have no setting.
    ///   - makeService: makes the service of one loop, on that loop.
    package func httpServer(
        section: String = "http", configure: (inout HTTPServerOptions) -> Void = { _ in },
        makeService: @escaping @Sendable (any EventLoop, Int) -> any HTTPService
    ) throws(SettingsFault) -> ServicePart {
        var options = HTTPServerOptions(name: section, port: 0)
        configure(&options)
        options.host = try settings.string("\(section).host", default: options.host)
        options.port = try settings.int("\(section).port", in: 0...65_535, default: options.port)
        options.maxConnections = try settings.int(
            "\(section).max_connections", in: 1...1_000_000, default: options.maxConnections)
        options.maxPipelined = try settings.int(
            "\(section).max_pipelined", in: 1...1_024, default: options.maxPipelined)
        options.maxBodyBytes = try settings.int(
            "\(section).max_body_bytes", in: 0...(64 << 20), default: options.maxBodyBytes)
        options.idleTimeout = try timeout("\(section).idle_timeout", options.idleTimeout)
        options.requestTimeout = try timeout("\(section).request_timeout", options.requestTimeout)
        try guardPort(section, &options)
        let server = HTTPServer(options: options, logger: logger, makeService: makeService)
        let check = readiness.check(section)
        ports.expect(section)
        return ServicePart(
            section,
            start: { [self] in
                try ports.report(section, try await server.start(on: group))
                check.set(true, "listening")
            },
            stop: { [self] in
                check.set(false, "draining")
                await server.drain(deadline: drainDeadline)
            })
    }

    /// Who may connect to a port, and how: `<section>.allowed_networks`, and for TLS
    /// `<section>.tls.certificate_file`, `.key_file` and `.client_ca_file` (with it clients have to show a
    /// certificate). The files are read again when one of them changes; what cannot be used changes nothing,
    /// the log and `/readyz` say why, and the process stays ready.
    func guardPort(_ section: String, _ options: inout HTTPServerOptions) throws(SettingsFault) {
        options.allowedNetworks = try settings.networks("\(section).allowed_networks")
        let key = "\(section).tls.certificate_file"
        let certificates = try settings.optionalPath(key)
        let privateKey = try settings.optionalPath("\(section).tls.key_file")
        let authorities = try settings.optionalPath("\(section).tls.client_ca_file")
        guard let certificates, let privateKey else {
            guard certificates == nil, privateKey == nil, authorities == nil else {
                throw SettingsFault(
                    key: key, value: certificates,
                    allowed: "certificate_file and key_file are needed both", origin: "settings")
            }
            return
        }
        let files = TLSFiles(
            certificates: certificates, key: privateKey, clientAuthorities: authorities)
        do {
            let port = try TLSPort(files)
            options.tls = port
            watch(files, section, port)
        } catch {
            throw SettingsFault(key: key, value: certificates, allowed: "\(error)", origin: "settings")
        }
    }

    private func watch(_ files: TLSFiles, _ section: String, _ port: TLSPort) {
        let check = readiness.check("\(section)-tls")
        check.set(true, "as at the start")
        let loop = group.any()
        let watches = files.all.map { path in
            FileWatch(path: path, loop: loop) { [logger] _ in
                do {
                    try port.reload()
                    check.set(true, "as in the files")
                    logger.notice("certificates exchanged", metadata: ["file": "\(path)"])
                } catch {
                    check.set(true, "those of before: \(error)")
                    logger.error("certificates not exchanged", metadata: ["fault": "\(error)"])
                }
            }
        }
        add(
            ServicePart(
                "watch of \(section)'s certificates",
                start: { for watch in watches { watch.start() } },
                stop: { for watch in watches { watch.stop() } }))
    }

    private func timeout(_ key: String, _ fallback: TimeAmount) throws(SettingsFault) -> TimeAmount {
        let duration = try settings.duration(
            key, in: .milliseconds(10)...(.seconds(3600)), default: .nanoseconds(fallback.nanoseconds))
        return TimeAmount(duration)
    }
}
