/// How much of a head a peer may make us hold. What `limits` in the settings says, in the codec's own words.
package struct HTTPLimits: Sendable, Equatable {
    /// Bytes of the request line or status line, its CRLF not counted.
    package let requestLine: Int
    /// Bytes of one header line, its CRLF not counted.
    package let headerLine: Int
    /// Bytes of the whole head, the empty line included.
    package let headerBlock: Int
    package let headerCount: Int

    package init(
        requestLine: Int = 8 << 10,
        headerLine: Int = 8 << 10,
        headerBlock: Int = 32 << 10,
        headerCount: Int = 100
    ) {
        self.requestLine = Self.sensible(requestLine)
        self.headerLine = Self.sensible(headerLine)
        self.headerBlock = Self.sensible(headerBlock)
        self.headerCount = Self.sensible(headerCount)
    }

    /// `ByteRange` counts in 32 bits, and sums of these numbers must not overflow.
    private static func sensible(_ limit: Int) -> Int { min(max(limit, 0), 1 << 30) }
}
