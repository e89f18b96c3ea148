import Wire

/// Getters of who may come from where.
extension Settings {
    /// A list of networks as `10.0.0.0/8`, `2001:db8::/32` or single addresses; in the environment separated
    /// by commas. nil where the setting is not there; an empty list is one.
    package func networks(_ key: String) throws(SettingsFault) -> NetworkList? {
        let none = ["none"]
        let texts = try strings(key, default: none)
        guard texts != none else { return nil }
        do {
            return try NetworkList(texts)
        } catch {
            throw fault(
                key, error.text,
                "at most \(NetworkList.maxNetworks) networks as 10.0.0.0/8 or 2001:db8::/32, without bits "
                    + "beyond the prefix, or addresses", store.file)
        }
    }

    /// A secret that is given by the environment alone, such as `HONGBAO_COUPONS_KEYS` for `coupons.keys`;
    /// nil where it is not. A settings file is no place for one: there it is refused, and not quoted.
    package func environmentSecret(_ key: String) throws(SettingsFault) -> String? {
        guard let found = try find(key) else { return nil }
        guard found.isFromEnvironment else {
            throw fault(
                key, nil,
                "a secret does not stand in the settings: name its file, or set \(Self.variable(for: key))",
                found.origin)
        }
        return found.text
    }
}
