/// What answers requests: one instance an event loop, made and called on that loop only, so that it needs
/// no lock and may keep state of its own.
package protocol HTTPService: AnyObject {
    /// Called on the loop. Answer now or later, exactly once; a request left without an answer is answered
    /// 503 and its connection closed after the server's answer time-out.
    func handle(_ request: HTTPRequest, _ responder: HTTPResponder)
}
