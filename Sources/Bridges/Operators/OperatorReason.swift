import Wire

/// Why an operator does something: part of every act, kept for good.
package enum OperatorReason {
    /// Of UTF-8.
    package static let maxBytes = 1000

    /// The body of an approval or a refusal: `{"reason":"…"}`, strictly that.
    package static func parse(_ body: [UInt8]) throws(OperatorProblem) -> String {
        do throws(JSONError) {
            var fields = try JSONFields(JSON.parse(body, limits: .request))
            let reason = try read(&fields)
            try fields.finish()
            return reason
        } catch {
            throw .malformed(error)
        }
    }

    /// The field `reason` of a larger body: 1 to 1000 bytes, not blank, without control characters, so that
    /// a line of a log stays one line.
    package static func read(_ fields: inout JSONFields) throws(JSONError) -> String {
        let reason = try fields.string("reason", maxBytes: maxBytes)
        guard reason.contains(where: { !$0.isWhitespace }) else { throw fields.fault("reason", "is blank") }
        guard reason.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw fields.fault("reason", "holds a control character")
        }
        return reason
    }

    /// A reason that no person wrote, fit to be one: cut at a character, without control characters.
    package static func cut(_ text: String, maxBytes: Int = maxBytes) -> String {
        var cut = ""
        var size = 0
        for scalar in text.unicodeScalars {
            let clean = scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar
            size += UTF8.width(clean)
            guard size <= maxBytes else { break }
            cut.unicodeScalars.append(clean)
        }
        return cut.contains { !$0.isWhitespace } ? cut : "no reason was given"
    }
}
