/// How a peer can break RFC 6455's framing, one case per rule. `closeCode` is what the offender is told.
package enum FrameViolation: UInt8, Error, Sendable, Equatable, CaseIterable {
    case unmaskedClientFrame
    case maskedServerFrame
    case reservedBits
    case reservedOpcode
    case fragmentedControlFrame
    case longControlFrame
    case nonMinimalLength
    case negativeLength
    case continuationWithoutMessage
    case messageInsideMessage
    case truncatedCloseCode
    case invalidCloseCode
    case closeReasonNotUTF8
    case frameTooBig
    case messageTooBig

    package var closeCode: UInt16 {
        switch self {
        case .frameTooBig, .messageTooBig: WebSocketCloseCode.messageTooBig
        case .closeReasonNotUTF8: WebSocketCloseCode.invalidPayload
        case .unmaskedClientFrame, .maskedServerFrame, .reservedBits, .reservedOpcode, .fragmentedControlFrame,
            .longControlFrame, .nonMinimalLength, .negativeLength, .continuationWithoutMessage, .messageInsideMessage,
            .truncatedCloseCode, .invalidCloseCode:
            WebSocketCloseCode.protocolError
        }
    }

    var close: WebSocketClose { WebSocketClose(self.closeCode, self.label) }

    /// For the Close frame's reason, the log and the metric.
    package var label: StaticString {
        switch self {
        case .unmaskedClientFrame: "unmasked client frame"
        case .maskedServerFrame: "masked server frame"
        case .reservedBits: "reserved bits set"
        case .reservedOpcode: "reserved opcode"
        case .fragmentedControlFrame: "fragmented control frame"
        case .longControlFrame: "control frame too long"
        case .nonMinimalLength: "length not minimal"
        case .negativeLength: "length out of range"
        case .continuationWithoutMessage: "continuation without message"
        case .messageInsideMessage: "new message inside a message"
        case .truncatedCloseCode: "truncated close code"
        case .invalidCloseCode: "invalid close code"
        case .closeReasonNotUTF8: "close reason is not UTF-8"
        case .frameTooBig: "frame too big"
        case .messageTooBig: "message too big"
        }
    }
}
