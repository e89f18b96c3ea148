import Testing
import Wire

@Suite struct JSONFieldsTests {
    private func fields(_ text: String, path: String = "") throws -> JSONFields {
        try JSONFields(JSON.parse(Array(text.utf8), limits: .record), path: path)
    }

    @Test func takesEachKind() throws {
        var fields = try fields(
            #"""
            {"s":"红","i":-5,"d":1.5,"w":2,"b":true,"u":"18446744073709551615",
             "h":"00000000000000ff","a":[1,2],"o":{"x":1},"n":null}
            """#)
        #expect(try fields.string("s", maxBytes: 3) == "红")
        #expect(try fields.integer("i", in: -5...5) == -5)
        #expect(try fields.double("d", in: 0...2) == 1.5)
        #expect(try fields.double("w", in: 0...2) == 2)
        #expect(try fields.bool("b"))
        #expect(try fields.decimal("u") == .max)
        #expect(try fields.hex("h") == 255)
        #expect(try fields.array("a", max: 2) == [.integer(1), .integer(2)])
        var inner = try fields.object("o")
        #expect(try inner.integer("x", in: 0...1) == 1)
        try inner.finish()
        #expect(fields.contains("n"))
        let null = fields.any("n")
        #expect(null == .null)
        try fields.finish()
    }

    @Test func missingAndNullAreNilWhereOptional() throws {
        var fields = try fields(#"{"n":null}"#)
        #expect(try fields.optionalString("n") == nil)
        #expect(try fields.optionalString("x") == nil)
        #expect(try fields.optionalInteger("x", in: 0...1) == nil)
        #expect(try fields.optionalDouble("x", in: 0...1) == nil)
        #expect(try fields.optionalBool("x") == nil)
        #expect(try fields.optionalDecimal("x") == nil)
        #expect(try fields.optionalHex("x") == nil)
        #expect(try fields.optionalArray("x", max: 1) == nil)
        #expect(try fields.optionalObject("x") == nil)
        let missing = fields.any("x")
        #expect(missing == nil)
        #expect(!fields.contains("x"))
        #expect(throws: JSONError(path: "n", reason: "missing")) { try fields.string("n") }
        #expect(throws: JSONError(path: "x", reason: "missing")) { try fields.integer("x", in: 0...1) }
        try fields.finish()
    }

    @Test func faultsNameThePath() throws {
        var fields = try fields(
            #"{"s":"four","i":7,"f":1.5,"u":"01","h":"FF","a":[1,2],"o":{"x":{"y":1}}}"#, path: "gifts[3]")
        #expect(throws: JSONError(path: "gifts[3].s", reason: "longer than 3 bytes")) {
            try fields.string("s", maxBytes: 3)
        }
        #expect(throws: JSONError(path: "gifts[3].s", reason: "expected an integer, found a string")) {
            try fields.integer("s", in: 0...1)
        }
        #expect(throws: JSONError(path: "gifts[3].i", reason: "not within 0...6")) {
            try fields.integer("i", in: 0...6)
        }
        #expect(throws: JSONError(path: "gifts[3].f", reason: "expected an integer, found a number")) {
            try fields.integer("f", in: 0...6)
        }
        #expect(throws: JSONError(path: "gifts[3].f", reason: "not within 0.0...1.0")) {
            try fields.double("f", in: 0...1)
        }
        #expect(throws: JSONError.self) { try fields.decimal("u") }
        #expect(throws: JSONError.self) { try fields.decimal("i") }
        #expect(throws: JSONError.self) { try fields.hex("h") }
        #expect(throws: JSONError(path: "gifts[3].a", reason: "more than 1 elements")) {
            try fields.array("a", max: 1)
        }
        #expect(throws: JSONError(path: "gifts[3].a", reason: "expected an object, found an array")) {
            try fields.object("a")
        }
        var outer = try fields.object("o")
        var inner = try outer.object("x")
        #expect(throws: JSONError(path: "gifts[3].o.x.y", reason: "expected a string, found an integer")) {
            try inner.string("y")
        }
        #expect(throws: JSONError(path: "gifts[3].s", reason: "not a game")) {
            throw fields.fault("s", "not a game")
        }
    }

    @Test func unknownFieldsAreRefused() throws {
        var fields = try fields(#"{"a":1,"b":2,"c":3}"#)
        _ = try fields.integer("a", in: 0...9)
        _ = try fields.integer("c", in: 0...9)
        #expect(throws: JSONError(path: "b", reason: "unknown field")) { try fields.finish() }
        _ = fields.any("b")
        try fields.finish()
    }

    @Test func onlyObjectsOfABoundedSize() throws {
        #expect(throws: JSONError(path: "p", reason: "expected an object, found null")) {
            try JSONFields(.null, path: "p")
        }
        let members = (0..<64).map { "\"k\($0)\":0" }.joined(separator: ",")
        var fields = try fields("{\(members)}")
        for index in 0..<64 { _ = try fields.integer("k\(index)", in: 0...0) }
        try fields.finish()
        #expect(throws: JSONError(path: "", reason: "more than 64 fields")) {
            try self.fields("{\(members),\"k64\":0}")
        }
    }
}
