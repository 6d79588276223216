/// How much of a head a peer may make us hold. What `limits` in the settings says, in the codec's own words.
package struct HTTPLimits: Sendable, Equatable {
    /// Bytes of the request line or status line, its CRLF not counted.
    package var requestLine: Int
    /// Bytes of one header line, its CRLF not counted.
    package var headerLine: Int
    /// Bytes of the whole head, the empty line included.
    package var headerBlock: Int
    package var headerCount: Int

    package init(
        requestLine: Int = 8 << 10,
        headerLine: Int = 8 << 10,
        headerBlock: Int = 32 << 10,
        headerCount: Int = 100
    ) {
        self.requestLine = requestLine
        self.headerLine = headerLine
        self.headerBlock = headerBlock
        self.headerCount = headerCount
    }
}
