import Wire

/// Keys of a keyboard, as far as a page can be worked with them.
package enum BrowserKey: Sendable {
    case tab, enter, escape, space, arrowDown, arrowUp

    /// Name, code and Windows virtual key code of the DevTools protocol, and the text that it types.
    private var meaning: (key: String, code: String, virtual: Int64, text: String?) {
        switch self {
        case .tab: ("Tab", "Tab", 9, nil)
        case .enter: ("Enter", "Enter", 13, "\r")
        case .escape: ("Escape", "Escape", 27, nil)
        case .space: (" ", "Space", 32, " ")
        case .arrowDown: ("ArrowDown", "ArrowDown", 40, nil)
        case .arrowUp: ("ArrowUp", "ArrowUp", 38, nil)
        }
    }

    func write(into json: inout JSONWriter, isDown: Bool, shift: Bool) {
        let meaning = meaning
        json.key("type")
        json.string(isDown ? "keyDown" : "keyUp")
        json.key("key")
        json.string(meaning.key)
        json.key("code")
        json.string(meaning.code)
        json.key("windowsVirtualKeyCode")
        json.integer(meaning.virtual)
        json.key("modifiers")
        json.integer(shift ? 8 : 0)
        if isDown, let text = meaning.text {
            json.key("text")
            json.string(text)
        }
    }
}
