import Testing
import Wire

@Suite struct JSONWriterMembersTests {
    @Test func membersAndLists() {
        var json = JSONWriter()
        json.object { json in
            json.member("a", "x\"y")
            json.member("b", nil as String?)
            json.member("c", 5 as UInt16)
            json.member("d", -7 as Int64?)
            json.member("e", nil as Int?)
            json.member("f", true)
            json.objects("g", [1, 2]) { json, item in json.member("h", item) }
            json.objects("i", [Int]()) { _, _ in }
        }
        let text = #"{"a":"x\"y","b":null,"c":5,"d":-7,"e":null,"f":true,"g":[{"h":1},{"h":2}],"i":[]}"#
        #expect(String(decoding: json.bytes, as: UTF8.self) == text)
    }
}
