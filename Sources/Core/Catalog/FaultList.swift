/// Collects the faults of one file while it is read; a file past its maximum says so once and is read no
/// further into the list.
final class FaultList {
    /// More than a person mends in one go; bounds what a hostile or generated file can make us keep.
    static let maximum = 200

    let file: String
    private(set) var faults: [CatalogFault] = []

    init(file: String) {
        self.file = file
    }

    func add(_ path: String, _ reason: String) {
        if faults.count < Self.maximum {
            faults.append(
                CatalogFault(file: file, path: Self.printable(path), reason: Self.printable(reason)))
        } else if faults.count == Self.maximum {
            let reason = "more than \(Self.maximum) faults; the rest is left out"
            faults.append(CatalogFault(file: file, path: "", reason: reason))
        }
    }

    /// Keys and values of a file end up on a terminal: a control character there is shown as "?".
    private static func printable(_ text: String) -> String {
        let isControl = { (scalar: Unicode.Scalar) in scalar.value < 0x20 || scalar.value == 0x7f }
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { out.append(isControl(scalar) ? "?" : scalar) }
        return String(out)
    }
}
