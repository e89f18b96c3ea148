/// What became of one `produce`.
package struct DeliveryReport: Sendable {
    /// As given to `produce`.
    package let token: UInt64
    /// nil: acknowledged by all in-sync replicas.
    package let failure: KafkaFailure?
    /// With a failure: the record may stand in the log all the same (sent, and the answer lost). Producing it
    /// again may then make a twin.
    package let mayBeInLog: Bool
    /// -1 when unknown.
    package let partition: Int32
    /// -1 when unknown.
    package let offset: Int64
}
