/// A Close frame as it came: `frame` is all of it, header included, masked or not.
package struct ReceivedClose: Sendable, Equatable {
    package let frame: [UInt8]
    /// Nil when the payload is empty, which is legal and means 1005 (RFC 6455 section 7.1.5).
    package let code: UInt16?
    package let reason: [UInt8]
    /// Why the payload is not what RFC 6455 section 5.5.1 asks for.
    package let violation: FrameViolation?

    /// `frame` is a complete control frame.
    init(frame: [UInt8]) {
        self.frame = frame
        let payload = Self.unmaskedPayload(of: frame)
        guard payload.count >= 2 else {
            self.code = nil
            self.reason = []
            self.violation = payload.isEmpty ? nil : .truncatedCloseCode
            return
        }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        let reason = Array(payload.dropFirst(2))
        self.code = code
        self.reason = reason
        if !WebSocketCloseCode.mayBeSent(code) {
            self.violation = .invalidCloseCode
        } else if String(validating: reason, as: UTF8.self) == nil {
            self.violation = .closeReasonNotUTF8
        } else {
            self.violation = nil
        }
    }

    /// For summaries: the code, or 1005.
    package var reportedCode: UInt16 { self.code ?? WebSocketCloseCode.noCode }

    private static func unmaskedPayload(of frame: [UInt8]) -> [UInt8] {
        guard frame.count >= 2 else { return [] }
        guard frame[1] & 0x80 != 0 else { return Array(frame.dropFirst(2)) }
        return frame.dropFirst(6).enumerated().map { index, byte in byte ^ frame[2 + index % 4] }
    }
}
