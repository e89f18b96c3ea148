import CCurl
import Glibc

/// An easy handle with everything it points to, used again and again: one request at a time.
///
/// It also makes the connections of the plain path (`PlainConnection`): libcurl then resolves and connects
/// and hands the socket over instead of sending anything.
///
/// Owned by the curl thread. What curl does not copy (header nodes, body, error text) lives in buffers of
/// this object, which outlives every use of the handle. Options that stay the same are not set again.
///
/// **Sent at most once.** When a reused connection turns out dead before any answer, libcurl sends the
/// request again on another one by itself (`Curl_retry_request`, any method), which here would be an
/// attempt that nobody permitted; it does so as well when HTTP/2 refuses a stream (REFUSED_STREAM, or a
/// GOAWAY that leaves it out) or asks for HTTP/1.1. All of these go back to the state in which a connection
/// is chosen, and from there past the pre-request callback, which runs before every sending: it lets the
/// first one pass and aborts the second. A connection just for a resend is refused as well. The price is
/// that an idle connection which curl had picked for the resend is closed with it. Requests are never
/// multiplexed, so that a connection that goes takes one request with it.
final class Transfer {

    let easy: UnsafeMutableRawPointer
    /// The request under way; meaningless in between.
    private(set) var token: UInt64 = 0
    private(set) var isTLS = false
    /// The request that the connection is for, when it is made for the plain path.
    private(set) var plain: HTTPClientRequest?
    /// The last address that the rule forbade.
    private(set) var refusedAddress: IPAddress?
    /// While it is live.
    private(set) var host: HostQueue?
    private(set) var startedNs: UInt64 = 0
    private(set) var deadlineNs: UInt64 = .max
    /// Whether curl came to the point of sending.
    private(set) var isSending = false
    /// Whether it wanted to send again, which ended the transfer.
    private(set) var isResendRefused = false
    private(set) var isCut = false
    private(set) var isHeadComplete = false
    private(set) var isTruncated = false
    private var body: [UInt8] = []
    private var dropped = 0
    private var headerBytes = 0
    private var maxResponseBytes = 0

    private let sockets: SocketWatch
    private let addresses: AddressRule
    private let http2: Int
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private let nodes = UnsafeMutablePointer<curl_slist>.allocate(capacity: HTTPClientRequest.maxHeaders)
    private var bytes: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var url = ""
    private var timeoutMs = 0
    private var isConnectOnly = false
    private var version = HTTPClientRequest.Version.http1
    private var tls: HTTPClientTLS?
    /// The system's authorities, as libcurl was built to find them.
    private let authorities: (file: String?, folder: String?)

    /// Nil when curl has no memory left.
    init?(options: HTTPClientOptions, sockets: SocketWatch) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        self.sockets = sockets
        addresses = options.addressRule
        http2 = options.isHTTP2Assumed ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE : CURL_HTTP_VERSION_2TLS
        authorities = Self.authorities(easy)
        capacity = 4096
        bytes = .allocate(capacity: capacity)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure(options)
    }

    deinit {
        curl_easy_cleanup(easy)
        errorText.deallocate()
        nodes.deallocate()
        bytes.deallocate()
    }

    private func configure(_ options: HTTPClientOptions) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        hb_easy_set_pointer(easy, CURLOPT_PRIVATE, context)
        hb_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        hb_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        hb_easy_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        hb_easy_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        hb_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        // An empty proxy: the environment's http_proxy has no say in where deliveries go.
        hb_easy_set_string(easy, CURLOPT_PROXY, "")
        hb_easy_set_string(easy, CURLOPT_USERAGENT, options.userAgent)
        hb_easy_set_long(easy, CURLOPT_MAXAGE_CONN, options.maxIdleSeconds)
        hb_easy_set_long(easy, CURLOPT_DNS_CACHE_TIMEOUT, options.dnsCacheSeconds)
        // Or giving up on a request would wait for its resolver thread, and everything else with it.
        hb_easy_set_long(easy, CURLOPT_QUICK_EXIT, 1)
        observe(context)
        limitSockets(context)
    }

    /// What curl tells while it works.
    private func observe(_ context: UnsafeMutableRawPointer) {
        hb_easy_set_write_function(
            easy,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.received(UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, context)
        hb_easy_set_header_function(
            easy,
            { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.receivedLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
            }, context)
        hb_easy_set_prereq_function(
            easy,
            { context, _, _, _, _ in
                guard let context else { return CURL_PREREQFUNC_ABORT }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.maySend() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            }, context)
    }

    /// Which sockets curl gets, and what becomes of them.
    private func limitSockets(_ context: UnsafeMutableRawPointer) {
        hb_easy_set_open_socket_function(
            easy,
            { context, _, address in
                guard let context, let address else { return CURL_SOCKET_BAD }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                guard transfer.mayConnect(), transfer.mayConnect(to: address) else { return CURL_SOCKET_BAD }
                return transfer.sockets.open(
                    family: address.pointee.family, type: address.pointee.socktype,
                    protocolNumber: address.pointee.protocol)
            }, context)
        hb_easy_set_close_socket_function(
            easy,
            { sockets, descriptor in
                guard let sockets else { return 1 }
                Unmanaged<SocketWatch>.fromOpaque(sockets).takeUnretainedValue().closed(descriptor)
                return 0
            }, Unmanaged.passUnretained(sockets).toOpaque())
    }

    /// Sets the handle up for a request, which has no `fault`, or just for the connection to its host.
    func prepare(_ request: HTTPClientRequest, host: HostQueue, isPlain: Bool, nowNs: UInt64) {
        token = request.token
        self.host = host
        startedNs = nowNs
        deadlineNs = nowNs + UInt64(request.timeoutMs) * 1_000_000
        (isSending, isResendRefused, isCut, isTruncated) = (false, false, false, false)
        (dropped, headerBytes, isHeadComplete) = (0, 0, false)
        refusedAddress = nil
        body.removeAll(keepingCapacity: true)
        maxResponseBytes = request.maxResponseBytes
        errorText[0] = 0
        if request.url != url {
            url = request.url
            isTLS = url.utf8.prefix(6).elementsEqual("https:".utf8)
            hb_easy_set_string(easy, CURLOPT_URL, url)
        }
        if request.connectTimeoutMs != timeoutMs {
            timeoutMs = request.connectTimeoutMs
            hb_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, timeoutMs)
        }
        if isPlain != isConnectOnly {
            isConnectOnly = isPlain
            hb_easy_set_long(easy, CURLOPT_CONNECT_ONLY, isPlain ? 1 : 0)
        }
        plain = isPlain ? request : nil
        guard !isPlain else { return }
        if request.version != version {
            version = request.version
            hb_easy_set_long(
                easy, CURLOPT_HTTP_VERSION, version == .http1 ? CURL_HTTP_VERSION_1_1 : http2)
        }
        if request.tls != tls { trust(request.tls) }
        lay(request)
    }

    /// Whom to trust and who to be from now on.
    private func trust(_ tls: HTTPClientTLS?) {
        self.tls = tls
        // With authorities of their own the system's count no more, neither file nor folder.
        let own = tls?.authorities
        hb_easy_set_string(easy, CURLOPT_CAINFO, own ?? authorities.file)
        hb_easy_set_string(easy, CURLOPT_CAPATH, own == nil ? authorities.folder : nil)
        hb_easy_set_string(easy, CURLOPT_SSLCERT, tls?.certificate)
        hb_easy_set_string(easy, CURLOPT_SSLKEY, tls?.key)
    }

    private static func authorities(_ easy: UnsafeMutableRawPointer) -> (file: String?, folder: String?) {
        func text(_ info: CURLINFO) -> String? {
            var value: UnsafePointer<CChar>?
            hb_easy_get_string(easy, info, &value)
            return value.map { String(cString: $0) }
        }
        return (text(CURLINFO_CAINFO), text(CURLINFO_CAPATH))
    }

    /// Whether curl has it.
    var isLive: Bool { host != nil }

    /// curl no longer has it; returns the host it served, which may keep it.
    func finish() -> HostQueue {
        guard let host else { preconditionFailure("finished without a request") }
        self.host = nil
        plain = nil
        return host
    }

    /// Copies headers and body into the buffer and points curl at them.
    private func lay(_ request: HTTPClientRequest) {
        let needed =
            request.headers.reduce(request.body.count) { $0 + $1.utf8.count + 1 } + request.headerBytes.count
        if needed > capacity {
            bytes.deallocate()
            capacity = needed.nextPowerOf2
            bytes = .allocate(capacity: capacity)
        }
        var offset = 0
        var count = 0
        for header in request.headers {
            let start = offset
            offset += copy(header.utf8, to: offset)
            bytes[offset] = 0
            offset += 1
            addNode(&count, start)
        }
        _ = HeaderLines.allSatisfy(request.headerBytes) { line in
            let start = offset
            offset += copy(line, to: offset)
            bytes[offset] = 0
            offset += 1
            addNode(&count, start)
            return true
        }
        hb_easy_set_headers(easy, count == 0 ? nil : nodes)
        // A PUT is a POST of another name: curl's own would read its body through a callback.
        hb_easy_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method == .put ? "PUT" : nil)
        switch request.method {
        case .get: hb_easy_set_long(easy, CURLOPT_HTTPGET, 1)
        case .post, .put:
            _ = copy(request.body, to: offset)
            hb_easy_set_long(easy, CURLOPT_POST, 1)
            hb_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
            hb_easy_set_pointer(easy, CURLOPT_POSTFIELDS, bytes + offset)
        }
    }

    /// Chains another line of the head, that begins there in the buffer, to those before.
    private func addNode(_ count: inout Int, _ start: Int) {
        let text = UnsafeMutableRawPointer(bytes + start).assumingMemoryBound(to: CChar.self)
        (nodes + count).initialize(to: curl_slist(data: text, next: nil))
        if count > 0 { nodes[count - 1].next = nodes + count }
        count += 1
    }

    /// Copies to an offset of the buffer and returns how many bytes that were.
    private func copy(_ source: some Collection<UInt8>, to offset: Int) -> Int {
        let room = UnsafeMutableBufferPointer(start: bytes + offset, count: capacity - offset)
        return room.update(fromContentsOf: source)
    }

    /// curl is about to send.
    private func maySend() -> Bool {
        // The plain path's own sending comes later.
        guard plain == nil else { return true }
        guard mayConnect() else { return false }
        isSending = true
        return true
    }

    /// curl is about to connect to this address.
    private func mayConnect(to address: UnsafePointer<curl_sockaddr>) -> Bool {
        let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
        let place = IPAddress(
            socketAddress: UnsafeRawPointer(address) + offset, family: address.pointee.family,
            count: Int(address.pointee.addrlen))
        guard let place else { return false }
        if addresses.allows(place) { return true }
        refusedAddress = place
        return false
    }

    /// curl is about to open a connection, which after a sending can only be for a resend.
    private func mayConnect() -> Bool {
        if isSending { isResendRefused = true }
        return !isSending
    }

    /// A line of the head or a trailer. curl calls an answer that ends within its head a complete one, which
    /// nobody can believe, so that the head's end is looked out for.
    private func receivedLine(_ line: UnsafeRawBufferPointer) -> Int {
        headerBytes += line.count
        if line.starts(with: "HTTP/".utf8) { isHeadComplete = false }
        if line.first == 13 || line.first == 10 { isHeadComplete = true }
        return headerBytes > ResponseParser.maxHeadBytes ? 0 : line.count
    }

    private func received(_ chunk: UnsafeRawBufferPointer) -> Int {
        let room = maxResponseBytes - body.count
        body.append(contentsOf: chunk.prefix(room))
        if chunk.count > room {
            isTruncated = true
            dropped += chunk.count - room
            if dropped > ResponseParser.maxDroppedBytes {
                isCut = true
                return 0
            }
        }
        return chunk.count
    }

    /// The body so far, which the next request starts without.
    func takeBody() -> [UInt8] {
        let taken = body
        body = []
        return taken
    }

    /// What curl says about the failure.
    func errorMessage(_ result: CURLcode) -> String {
        errorText[0] != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(result))
    }
}

extension Int {
    fileprivate var nextPowerOf2: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}
