import Wire

/// A text a person reads, in English and in Chinese; both are always present and not empty.
package struct LocalizedText: Sendable, Equatable {
    package let en: String
    package let zh: String

    package init(en: String, zh: String) {
        self.en = en
        self.zh = zh
    }
}

extension JSONWriter {
    /// `{"en":…,"zh":…}`.
    package mutating func localized(_ text: LocalizedText) {
        beginObject()
        key("en")
        string(text.en)
        key("zh")
        string(text.zh)
        endObject()
    }
}
