/// The `limits` block: what one client may make the gateway hold.
package struct LimitSettings: Sendable, Equatable {
    /// Bytes of the request line.
    package var requestLine = 8 << 10
    /// Bytes of one header line.
    package var header = 8 << 10
    /// Bytes of the whole head.
    package var headerBlock = 32 << 10
    package var headerCount = 100
    /// Bytes of a request body; nil is off.
    package var body: Int? = 100 << 20
    /// Client connections in all; nil derives it from the file-descriptor limit.
    package var connections: Int?

    package init() {}
}
