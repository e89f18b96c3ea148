import Testing

@Suite("The rules' own reading of Swift")
struct SwiftTextTests {
    @Test("braces in strings and comments do not count")
    func blanks() {
        let text = SwiftText(
            ##"""
            import Alpha  // import Beta
            func one() -> String {
                // }
                let a = "}\("}" + "\(1)")}"
                return #"}"# + a
            }
            protocol P {
                func two()
                func three() { }
            }
            """##)
        #expect(text.imports == ["Alpha"])
        #expect(
            text.functions == [
                .init(name: "one", line: 2, lines: 5), .init(name: "three", line: 9, lines: 1),
            ])
    }

    @Test("a closure as a default value is not the body")
    func defaultClosure() {
        let text = SwiftText("init(a: () -> Int = { 1 }) {\n    x = a()\n}")
        #expect(text.functions == [.init(name: "init", line: 1, lines: 3)])
    }
}
