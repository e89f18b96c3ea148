import CCurl
import Glibc

extension Transfer {
    /// How a transfer ended that curl reports as done.
    ///
    /// neverLeft holds in two cases: curl never came to the point of sending (the pre-request callback did
    /// not run: no name, no connection, no TLS), or its first and only `send` failed outright on a plain
    /// connection (no byte counted, and the transfer never got past its sending phase). Under TLS the
    /// second is not relied upon. Everything else without a complete answer is mayHaveLeft.
    func outcome(_ result: CURLcode) -> HTTPClientOutcome {
        if result == CURLE_OK || (result == CURLE_WRITE_ERROR && isCut) {
            if isHeadComplete { return .answered(response()) }
            return outcome(cutShort: .broken, "the answer ended within its head")
        }
        var failure = HTTPClientFailure(
            kind: isResendRefused ? .broken : kind(result), code: Int32(bitPattern: result.rawValue),
            message: isResendRefused ? "the connection failed; no second attempt" : errorMessage(result))
        if let refusedAddress, !isSending {
            failure = HTTPClientFailure(
                kind: .refused, code: failure.code,
                message: "connections to \(refusedAddress) are not allowed")
        }
        return hasLeft ? .mayHaveLeft(failure) : .neverLeft(failure)
    }

    /// How a transfer ended that we cut short.
    func outcome(cutShort kind: HTTPClientFailure.Kind, _ message: String) -> HTTPClientOutcome {
        let failure = HTTPClientFailure(kind: kind, code: 0, message: message)
        return hasLeft ? .mayHaveLeft(failure) : .neverLeft(failure)
    }

    private var hasLeft: Bool {
        if !isSending { return false }
        if isTLS { return true }
        var requestBytes = 0
        var sentAfterUs: curl_off_t = 0
        hb_easy_get_long(easy, CURLINFO_REQUEST_SIZE, &requestBytes)
        hb_easy_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &sentAfterUs)
        return requestBytes > 0 || sentAfterUs > 0
    }

    private func response() -> HTTPClientResponse {
        var status = 0
        hb_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
        return HTTPClientResponse(
            status: status, retryAfterS: status >= 300 ? retryAfterS() : nil, body: takeBody(),
            isTruncated: isTruncated)
    }

    private func retryAfterS() -> Int64? {
        var header: UnsafeMutablePointer<curl_header>?
        guard curl_easy_header(easy, "Retry-After", 0, UInt32(CURLH_HEADER), -1, &header) == CURLHE_OK,
            let header
        else { return nil }
        return RetryAfter.seconds(String(cString: header.pointee.value), nowS: Int64(time(nil)))
    }

    private func kind(_ result: CURLcode) -> HTTPClientFailure.Kind {
        switch result {
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED: .unreachable
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_USE_SSL_FAILED, CURLE_SSL_INVALIDCERTSTATUS:
            .tls
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
            CURLE_SEND_FAIL_REWIND, CURLE_HTTP2, CURLE_HTTP2_STREAM:
            .broken
        // Also curl's word for an answer that is not HTTP/1.
        case CURLE_UNSUPPORTED_PROTOCOL: isSending ? .malformed : .invalid
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_WRITE_ERROR: .malformed
        case CURLE_URL_MALFORMAT: .invalid
        default: .other
        }
    }
}
