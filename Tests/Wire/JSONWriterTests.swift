import Testing
import Wire

@Suite struct JSONWriterTests {
    @Test func setsTheCommas() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("a")
        writer.integer(-1)
        writer.key("b")
        writer.beginArray()
        writer.null()
        writer.bool(true)
        writer.bool(false)
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.unsigned(.max)
        writer.endArray()
        let dynamic = "c\"d"
        writer.key(dynamic)
        writer.decimalString(.max)
        writer.key("raw")
        writer.raw(Array("[1]".utf8))
        writer.key("e")
        writer.string("x")
        writer.endObject()
        let expected =
            #"{"a":-1,"b":[null,true,false,[],{},18446744073709551615],"#
            + #""c\"d":"18446744073709551615","raw":[1],"e":"x"}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func escapes() throws {
        let text = (0..<0x80).map { String(Unicode.Scalar($0)) }.joined() + "红包🧧\u{2028}"
        var writer = JSONWriter()
        writer.string(text)
        #expect(writer.bytes.allSatisfy { $0 >= 0x20 })
        #expect(try JSON.parse(writer.bytes, limits: .record) == .string(text))
        var sliced = JSONWriter()
        sliced.string(utf8: Array("x\"y\n".utf8)[1...])
        #expect(sliced.bytes == Array(#""\"y\n""#.utf8))
    }

    @Test(
        arguments: [
            (1, "1.0"), (0.1, "0.1"), (-0.0, "-0.0"), (1e21, "1e+21"), (.leastNonzeroMagnitude, "5e-324"),
            (.nan, "null"),
            (.infinity, "null"), (-.infinity, "null"),
        ] as [(Double, String)])
    func doubles(value: Double, text: String) {
        var writer = JSONWriter()
        writer.double(value)
        #expect(String(decoding: writer.bytes, as: UTF8.self) == text)
    }

    @Test(arguments: [Int64.min, .max, 0, -1, 1_000_000])
    func integers(value: Int64) {
        var writer = JSONWriter()
        writer.integer(value)
        #expect(writer.bytes == Array("\(value)".utf8))
    }
}
