import Wire

/// One page of a browser: opened, asked, pressed keys in, photographed.
package final class BrowserPage {
    /// How long a sign in the page is waited for, where nothing else is said.
    package static let patience: Duration = .seconds(90)

    private let browser: Browser
    private let session: String

    init(browser: Browser, session: String) {
        self.browser = browser
        self.session = session
    }

    func prepare(width: Int, height: Int, scale: Int) throws(StackFailure) {
        for domain in ["Page", "Runtime", "Log"] { try call("\(domain).enable") }
        try resize(width: width, height: height, scale: scale)
    }

    /// - Parameter scale: device pixels for each CSS pixel.
    package func resize(width: Int, height: Int, scale: Int = 1) throws(StackFailure) {
        try call("Emulation.setDeviceMetricsOverride") { json in
            for (name, value) in [("width", width), ("height", height), ("deviceScaleFactor", scale)] {
                json.key(name)
                json.integer(Int64(value))
            }
            json.key("mobile")
            json.bool(true)
        }
    }

    /// Goes to an address, through an empty page, so that one which differs behind `#` only is a new visit.
    package func open(_ url: String) throws(StackFailure) {
        for address in ["about:blank", url] {
            let answer = try call("Page.navigate", within: Self.patience) { json in
                json.key("url")
                json.string(address)
            }
            if case .string(let error)? = answer["errorText"] { throw StackFailure("\(address): \(error)") }
        }
    }

    /// As a person who presses reload.
    package func reload() throws(StackFailure) {
        // Marked, so that the page before is not taken for the one after.
        _ = try evaluate("globalThis.isBefore = true")
        try call("Page.reload")
        try wait(for: "globalThis.isBefore !== true && document.readyState === 'complete'")
    }

    // MARK: - Asking

    /// The value of an expression, of the promise's if it is one; `undefined` is null.
    ///
    /// - Throws: what the expression throws, too.
    @discardableResult
    package func evaluate(
        _ expression: String, within limit: Duration = patience
    ) throws(StackFailure) -> JSON {
        let answer = try call("Runtime.evaluate", within: limit) { json in
            json.key("expression")
            json.string(expression)
            json.key("awaitPromise")
            json.bool(true)
            json.key("returnByValue")
            json.bool(true)
        }
        if case .object(let details)? = answer["exceptionDetails"] {
            var words = Browser.words(details["text"])
            if case .object(let exception)? = details["exception"] {
                words += " " + Browser.words(exception["description"])
            }
            throw StackFailure("\(expression): \(words)")
        }
        guard case .object(let result)? = answer["result"] else { return .null }
        return result["value"] ?? .null
    }

    /// Waits until an expression is true in the page, looking anew whenever the page changes.
    ///
    /// A page that is left meanwhile is followed to the next one.
    package func wait(for expression: String, within limit: Duration = patience) throws(StackFailure) {
        let deadline = Deadline(after: limit)
        let watch = """
            new Promise((resolve) => {
              const look = () => {
                if (!(\(expression))) return false;
                watching.disconnect();
                resolve(true);
                return true;
              };
              const watching = new MutationObserver(look);
              if (look()) return;
              watching.observe(document, {
                subtree: true, childList: true, attributes: true, characterData: true
              });
              // What changes without the document: focus, the address, the loading.
              for (const event of ["focusin", "focusout", "hashchange", "load", "readystatechange"]) {
                addEventListener(event, look, true);
              }
            })
            """
        while !deadline.hasPassed {
            let left = Duration.milliseconds(Int64(max(1, deadline.remainingMs)))
            do throws(StackFailure) {
                _ = try evaluate(watch, within: left)
                return
            } catch  where Self.wasLeft(error) {
                continue
            } catch {
                throw StackFailure("waiting for \(expression): \(error.message)\n\(text)")
            }
        }
        throw StackFailure("waiting for \(expression): the page kept being left")
    }

    private static func wasLeft(_ failure: StackFailure) -> Bool {
        ["context was destroyed", "navigated or closed", "Cannot find context"].contains {
            failure.message.contains($0)
        }
    }

    /// What the page says and where its focus is, for the message of a failure.
    private var text: String {
        let words = "`in focus: ${document.activeElement?.outerHTML}\n${document.body.innerText}`"
        guard case .string(let text)? = try? evaluate(words, within: .seconds(5)) else {
            return "(the page says nothing)"
        }
        return String(text.prefix(3000))
    }

    /// What went wrong in the page by its own fault: exceptions nobody caught, and what its policy forbade.
    package var complaints: [String] {
        browser.events.filter { $0.session == session }.compactMap { event in
            switch event.method {
            case "Runtime.exceptionThrown":
                guard case .object(let details)? = event.parameters["exceptionDetails"],
                    case .object(let exception)? = details["exception"]
                else { return "an exception" }
                return Browser.words(exception["description"])
            case "Log.entryAdded":
                guard case .object(let entry)? = event.parameters["entry"],
                    entry["level"] == .string("error"), entry["source"] != .string("network")
                else { return nil }
                return Browser.words(entry["text"])
            default:
                return nil
            }
        }
    }

    // MARK: - Acting

    /// Presses a key and lets it go. Returns when the page has dealt with it.
    package func press(_ key: BrowserKey, shift: Bool = false) throws(StackFailure) {
        for isDown in [true, false] {
            try call("Input.dispatchKeyEvent") { key.write(into: &$0, isDown: isDown, shift: shift) }
        }
    }

    /// The page as it is on the screen, as PNG.
    package func screenshot() throws(StackFailure) -> [UInt8] {
        let answer = try call("Page.captureScreenshot", within: Self.patience) { json in
            json.key("format")
            json.string("png")
        }
        guard case .string(let text)? = answer["data"], let png = Base64.decode(text.utf8) else {
            throw StackFailure("no screenshot came")
        }
        return png
    }

    @discardableResult
    func call(
        _ method: String, within limit: Duration = .seconds(30),
        _ parameters: (inout JSONWriter) -> Void = { _ in }
    ) throws(StackFailure) -> JSONObject {
        try browser.call(method, session: session, within: limit, parameters: parameters)
    }
}
