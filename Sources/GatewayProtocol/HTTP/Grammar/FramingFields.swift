import GatewayMessage

/// What the `Content-Length` and `Transfer-Encoding` lines of one head say, gathered line by line (RFC 9112 section 6).
/// Every ambiguity is refused; nothing is repaired.
struct FramingFields: Sendable {
    private(set) var length: Int?
    private(set) var isChunked = false

    mutating func addContentLength(
        _ bytes: UnsafeRawBufferPointer,
        _ value: ByteRange
    ) throws(HTTPViolation) {
        guard self.length == nil else { throw .duplicateContentLength }
        guard !self.isChunked else { throw .lengthAndTransferEncoding }
        guard value.count > 0 else { throw .badContentLength }
        var length = 0
        for index in value.lowerBound..<value.upperBound {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { throw .badContentLength }
            let (shifted, overflow) = length.multipliedReportingOverflow(by: 10)
            let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
            guard !overflow, !carry else { throw .badContentLength }
            length = sum
        }
        self.length = length
    }

    mutating func addTransferEncoding(
        _ bytes: UnsafeRawBufferPointer,
        _ value: ByteRange,
        minorVersion: UInt8
    ) throws(HTTPViolation) {
        guard minorVersion > 0 else { throw .transferEncodingInHTTP10 }
        guard bytes.equalsIgnoringCase(value, "chunked") else {
            var codings = ListElements(bytes, value)
            while let coding = codings.next() {
                if !bytes.equalsIgnoringCase(coding, "chunked") { throw .unknownTransferCoding }
            }
            throw .badTransferEncoding
        }
        guard !self.isChunked else { throw .badTransferEncoding }
        guard self.length == nil else { throw .lengthAndTransferEncoding }
        self.isChunked = true
    }
}
