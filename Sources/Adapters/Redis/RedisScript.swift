/// A Lua script that the server runs by its digest; the source travels only when the server lacks it.
package struct RedisScript: Sendable {
    /// For logs and metrics, such as `claim`.
    package let name: String
    package let source: String
    /// The digest that EVALSHA takes: 40 lower-case hex digits.
    package let sha1: String

    package init(name: String, source: String) {
        self.name = name
        self.source = source
        self.sha1 = sha1Hex(Array(source.utf8))
    }

    /// The beginning of a call: add the `keyCount` keys, then the arguments, and give it to `run`.
    ///
    /// - Parameter reserving: expected size of keys and arguments together, in bytes.
    package func call(keyCount: Int, reserving: Int = 256) -> RedisCommand {
        var command = RedisCommand("EVALSHA", reserving: 64 + reserving)
        command.add(sha1)
        command.add(keyCount)
        return command
    }

    var load: RedisCommand {
        var command = RedisCommand("SCRIPT", reserving: 16 + source.utf8.count)
        command.add("LOAD" as StaticString)
        command.add(source)
        return command
    }
}
