import Glibc
import Wire

/// A headless Chromium of our own, driven over the DevTools protocol. Calls block, each within its deadline.
///
/// Protocol: https://chromedevtools.github.io/devtools-protocol/. Owner: one thread at a time.
package final class Browser {
    private static let programs = ["chromium", "chromium-browser", "google-chrome"]
    private static let startLimit: Duration = .seconds(90)
    /// Events kept for those who look for them later; older ones are dropped.
    private static let mostEvents = 2000

    /// Something that the browser says by itself.
    struct Event {
        let method: String
        let session: String?
        let parameters: JSONObject
    }

    package let process: ChildProcess
    private let pipe: BrowserPipe
    private var lastID: Int64 = 0
    private(set) var events: [Event] = []

    /// - Parameter language: what `navigator.language` says, such as `en-GB`.
    package init(in run: RunDirectory, name: String = "browser", language: String) throws(StackFailure) {
        let pipe = try BrowserPipe()
        defer { pipe.childHasThem() }
        let profile = try run.directory("\(name)-profile")
        process = try ChildProcess(
            name: name, executable: Self.program(),
            arguments: [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
                "--disable-component-update", "--no-default-browser-check", "--lang=\(language)",
                "--accept-lang=\(language)", "--user-data-dir=\(profile)", "--remote-debugging-pipe",
                "about:blank",
            ],
            // Caches and settings of the browser's surroundings belong into the run as well.
            environment: ["HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile],
            descriptors: pipe.childEnds, in: run)
        self.pipe = pipe
    }

    private static func program() throws(StackFailure) -> String {
        for name in programs {
            if let path = try? ServiceProgram.locateInPath(name) { return path }
        }
        throw StackFailure("no browser: none of \(programs.joined(separator: ", ")) is in PATH")
    }

    /// A new page of `width` by `height` CSS pixels, `scale` device pixels each.
    package func page(width: Int, height: Int, scale: Int = 1) throws(StackFailure) -> BrowserPage {
        let made = try call(
            "Target.createTarget", within: Self.startLimit,
            parameters: { json in
                json.key("url")
                json.string("about:blank")
            })
        guard case .string(let target)? = made["targetId"] else { throw StackFailure("no page was made") }
        let attached = try call(
            "Target.attachToTarget", within: Self.startLimit,
            parameters: { json in
                json.key("targetId")
                json.string(target)
                json.key("flatten")
                json.bool(true)
            })
        guard case .string(let session)? = attached["sessionId"] else { throw StackFailure("no session") }
        let page = BrowserPage(browser: self, session: session)
        try page.prepare(width: width, height: height, scale: scale)
        return page
    }

    /// Ends it, without asking.
    package func stop() { process.kill() }

    // MARK: - Calls

    /// - Parameter parameters: writes the members of the call's `params`.
    /// - Throws: where the browser refuses, ends, or does not answer in time.
    func call(
        _ method: String, session: String? = nil, within limit: Duration = .seconds(30),
        parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(StackFailure) -> JSONObject {
        lastID += 1
        let id = lastID
        try pipe.send(message(id, method, session, parameters))
        let deadline = Deadline(after: limit)
        while !deadline.hasPassed, let message = try pipe.next(until: deadline) {
            guard message["id"] == .integer(id) else {
                note(message)
                continue
            }
            if case .object(let error)? = message["error"] {
                throw StackFailure("\(method): \(Self.words(error["message"]))")
            }
            guard case .object(let result)? = message["result"] else { return JSONObject() }
            return result
        }
        throw StackFailure("\(method): no answer within \(limit)\n\(process.logTail())")
    }

    private func message(
        _ id: Int64, _ method: String, _ session: String?, _ parameters: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("id")
        json.integer(id)
        json.key("method")
        json.string(method)
        if let session {
            json.key("sessionId")
            json.string(session)
        }
        json.key("params")
        json.beginObject()
        parameters(&json)
        json.endObject()
        json.endObject()
        return json.bytes
    }

    /// Keeps an event; an answer that came too late for its caller is dropped.
    private func note(_ message: JSONObject) {
        guard case .string(let method)? = message["method"] else { return }
        if events.count >= Self.mostEvents { events.removeFirst(Self.mostEvents / 2) }
        var session: String?
        if case .string(let text)? = message["sessionId"] { session = text }
        var parameters = JSONObject()
        if case .object(let object)? = message["params"] { parameters = object }
        events.append(Event(method: method, session: session, parameters: parameters))
    }

    static func words(_ json: JSON?) -> String {
        if case .string(let text)? = json { text } else { "?" }
    }
}
