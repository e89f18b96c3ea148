import Testing
import Wire

@Suite struct JSONParserTests {
    private func parse(_ text: String, limits: JSONLimits = .request) throws(JSONError) -> JSON {
        try JSON.parse(Array(text.utf8), limits: limits)
    }

    private func object(_ members: (String, JSON)...) -> JSON {
        var object = JSONObject()
        for (key, value) in members {
            let added = object.add(key, value)
            #expect(added)
        }
        return .object(object)
    }

    @Test(
        arguments: [
            ("null", JSON.null), ("true", .bool(true)), (" \t\r\nfalse \t\r\n", .bool(false)),
            ("0", .integer(0)),
            ("-0", .integer(0)), ("-1", .integer(-1)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-9223372036854775809", .double(-9_223_372_036_854_775_808)), ("1.0", .double(1)),
            ("-0.0", .double(-0.0)),
            ("1e2", .double(100)), ("1E+2", .double(100)), ("1.5e-3", .double(0.0015)), ("0e0", .double(0)),
            ("123456789012345678901234567890", .double(1.2345678901234568e29)), ("1e-400", .double(0)),
            ("0.1", .double(0.1)), ("2.2250738585072014e-308", .double(.leastNormalMagnitude)),
            ("1.7976931348623157e308", .double(.greatestFiniteMagnitude)),
            ("5e-324", .double(.leastNonzeroMagnitude)),
            ("\"\"", .string("")), ("\"a\"", .string("a")),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
            (#""\u0041\u00e9\u4e2D\uFFFF""#, .string("A\u{E9}\u{4E2D}\u{FFFF}")),
            (#""\u0000""#, .string("\u{0}")),
            (#""\uD83C\uDFAE""#, .string("🎮")),
            (#""\ud800\udc00\udbff\udfff""#, .string("\u{10000}\u{10FFFF}")),
            ("\"红包🧧\u{7F}\"", .string("红包🧧\u{7F}")), ("[]", .array([])), ("[ ]", .array([])),
            ("{}", .object(JSONObject())),
            ("[1,[2],[[3]]]", .array([.integer(1), .array([.integer(2)]), .array([.array([.integer(3)])])])),
        ] as [(String, JSON)])
    func accepts(text: String, value: JSON) throws {
        #expect(try parse(text) == value)
    }

    @Test func objects() throws {
        #expect(
            try parse(#" { "a" : 1 , "b" : { "" : [ true , null ] } } "#)
                == object(("a", .integer(1)), ("b", object(("", .array([.bool(true), .null]))))))
        #expect(try parse(#"{"a":1,"b":2}"#) == parse(#"{"b":2,"a":1}"#))
        #expect(try parse(#"{"a":1,"b":2}"#) != parse(#"{"a":1,"c":2}"#))
        guard case .object(let members) = try parse(#"{"z":1,"a":2}"#) else {
            Issue.record("not an object")
            return
        }
        #expect(members.keys == ["z", "a"])
        #expect(members["a"] == .integer(2))
        #expect(members["b"] == nil)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity", "undefined", "+1", "01", "-01", "00",
        ".5",
        "1.", "1.e1", "-", "-a", "1e", "1e+", "0x10", "1_000", "1 2", "1,", "'a'", "\"", "\"a", "\"\\\"",
        "\"\\x41\"",
        "\"\\u12\"", "\"\\u12G4\"", "\"\\u\"", "\"\\", "\"\\u００41\"", "\"\n\"", "\"\t\"", "\"\u{0}\"",
        "\"\u{1F}\"",
        #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""\ud800\n""#, #""\ud800\u0041""#,
        #""\udc00\ud800""#, "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[}", "[1}", "{", "}",
        "{]",
        "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{a:1}", "{1:1}", "{\"a\" 1}",
        "{\"a\"::1}",
        "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}", "{null:1}", "// comment\n1", "/**/1", "1//", "1e400",
        "-1e400",
        "\u{FEFF}1", "\u{A0}1", "1\u{0}", "[1]]", "{}{}", "[\"a\", tru]", "\u{C}1",
    ])
    func refuses(_ text: String) {
        #expect(throws: JSONError.self) { try parse(text) }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80],
            [0xED, 0xBF, 0xBF],
            [0xEF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
            [0xFF], [0xFE],
            [0xC3, 0x28], [0xF0, 0x9F, 0x8E],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError(offset: 1, path: "", reason: "invalid UTF-8 in a string")) {
            try JSON.parse([quote] + bytes + [quote], limits: .request)
        }
        #expect(throws: JSONError(offset: 1, path: "", reason: "invalid UTF-8 in a string")) {
            try JSON.parse([quote] + Array("\\n".utf8) + bytes + [quote], limits: .request)
        }
    }

    @Test func duplicateKeysHoweverSpelt() {
        #expect(throws: JSONError(offset: 7, path: "a", reason: "duplicate key")) {
            try parse(#"{"a":1,"a":1}"#)
        }
        #expect(throws: JSONError.self) { try parse(#"{"a":1,"\u0061":1}"#) }
        #expect(throws: JSONError(offset: 14, path: "x[0].b", reason: "duplicate key")) {
            try parse(#"{"x": [{"b":1,"b":2}]}"#)
        }
    }

    @Test func errorsSayWhere() {
        #expect(throws: JSONError(offset: 31, path: "gifts[1].stock", reason: "a value is missing")) {
            try parse(#"{"gifts":[{"stock":1},{"stock":}]}"#)
        }
        #expect(throws: JSONError(offset: 10, path: "a??b[0][0]", reason: "a value is missing")) {
            try parse("{\"a\u{E9}b\":[[x")
        }
        #expect(
            JSONError(offset: 3, path: "a", reason: "duplicate key").description
                == "a: duplicate key (at byte 3)")
        #expect(JSONError(path: "", reason: "missing").description == "missing")
    }

    /// A key is hostile text too: in a path it can neither break a line nor flood it.
    @Test func pathsAreSafeToLog() {
        let key = #"\n\u001b"# + String(repeating: "k", count: 1000)
        let error = #expect(throws: JSONError.self) { try parse("{\"\(key)\":x}") }
        #expect(error?.path == "??" + String(repeating: "k", count: 62))
    }

    @Test func limitsHoldExactly() throws {
        let limits = JSONLimits(maxBytes: 20, maxDepth: 2, maxNodes: 4)
        _ = try parse("[[1,1]]" + String(repeating: " ", count: 13), limits: limits)
        #expect(throws: JSONError(offset: 20, path: "", reason: "longer than 20 bytes")) {
            try parse("[[1,1]]" + String(repeating: " ", count: 14), limits: limits)
        }
        #expect(throws: JSONError(offset: 2, path: "[0][0]", reason: "nested deeper than 2")) {
            try parse("[[[]]]", limits: limits)
        }
        #expect(throws: JSONError(offset: 6, path: "[0][2]", reason: "more than 4 values")) {
            try parse("[[1,1,1]]", limits: limits)
        }
        _ = try parse("1", limits: JSONLimits(maxBytes: 20, maxDepth: 0, maxNodes: 1))
        #expect(throws: JSONError.self) {
            try parse("[]", limits: JSONLimits(maxBytes: 9, maxDepth: 0, maxNodes: 9))
        }
    }

    @Test func longNumbers() throws {
        let limits = JSONLimits.record
        #expect(try parse("0." + String(repeating: "3", count: 126), limits: limits) == .double(1.0 / 3.0))
        #expect(throws: JSONError.self) {
            try parse("0." + String(repeating: "3", count: 127), limits: limits)
        }
        #expect(throws: JSONError.self) { try parse(String(repeating: "9", count: 16_000), limits: limits) }
    }

    @Test func manyMembersAreStillFoundAndStillUnique() throws {
        let text = (0..<5000).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
        guard case .object(let object) = try parse("{\(text)}", limits: .document) else {
            Issue.record("not an object")
            return
        }
        #expect(object.members.count == 5000)
        for index in 0..<5000 { #expect(object["k\(index)"] == .integer(Int64(index))) }
        #expect(object["k5000"] == nil)
        #expect(throws: JSONError.self) { try parse("{\(text),\"k4321\":0}", limits: .document) }
    }

    /// The deepest nesting that any limit allows fits on a small stack.
    @Test func deepest() throws {
        let limits = JSONLimits(maxBytes: 1 << 20, maxDepth: 128, maxNodes: 1 << 20)
        let text = String(repeating: "[{\"a\":", count: 64) + "1" + String(repeating: "}]", count: 64)
        _ = try parse(text, limits: limits)
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: 1 << 20), limits: limits) }
    }
}
