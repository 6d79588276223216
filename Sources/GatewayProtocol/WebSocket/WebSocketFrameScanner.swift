/// Follows the frames of one direction through received bytes, reading headers and stepping over payloads: nothing is
/// copied, unmasked or kept, except a header or a Close frame that a read cut in two.
///
///      byte 0             byte 1                  0, 2 or 8 bytes      0 or 4      payload
///     ┌───┬─────┬──────┬──────┬─────────────────┬────────────────────┬───────────┬─────────┄
///     │FIN│RSV×3│opcode│ MASK │ length, 126, 127│ extended length    │ mask key  │
///     └───┴─────┴──────┴──────┴─────────────────┴────────────────────┴───────────┴─────────┄
///
/// A header is released for forwarding only when all of it has been seen and is in order, and a Close frame never (what
/// becomes of it is the relay's decision). So what has been forwarded ends inside a payload or at the end of a frame,
/// never inside a header, wherever the reads happened to cut the stream.
package struct WebSocketFrameScanner: Sendable {
    package enum Direction: Sendable { case fromClient, fromServer }

    private enum Mode: Sendable, Equatable {
        /// In a payload or between two frames.
        case frames
        /// `held` has the first bytes of a header.
        case header
        /// `closeFrame` has the header of a Close frame and a part of its payload.
        case closePayload
        /// After a Close frame or a violation: the rest of the stream means nothing (RFC 6455 section 5.5.1).
        case ended(ScanStop)
    }

    private var payloadLeft: UInt64 = 0
    private var messageBytes: UInt64 = 0
    private var mode = Mode.frames
    private var isInMessage = false
    private let maskBit: UInt8
    /// RSV1 where it may be set: on the first frame of a data message, with permessage-deflate (RFC 7692 section 6).
    private let deflateBit: UInt8
    private let checksClose: Bool
    private let maxFrame: UInt64
    private let maxMessage: UInt64
    private var announcedBytes: UInt64 = 0
    private var held = InlineArray<14, UInt8>(repeating: 0)
    private(set) var heldCount = 0
    private var closeFrame: [UInt8] = []
    private var closeLeft = 0

    /// Frames whose header was in order, control frames included.
    package private(set) var frames: UInt64 = 0
    /// Data messages whose last frame began.
    package private(set) var messages: UInt64 = 0

    /// `maxFrame` and `maxMessage` bound the payload of data frames as it travels, compressed or not.
    package init(_ direction: Direction, deflate: Bool, maxFrame: Int, maxMessage: Int) {
        self.maskBit = direction == .fromClient ? 0x80 : 0
        self.deflateBit = deflate ? 0x40 : 0
        self.checksClose = direction == .fromClient
        self.maxFrame = UInt64(clamping: maxFrame)
        self.maxMessage = UInt64(clamping: maxMessage)
    }

    /// Payload bytes received, of data and control frames.
    package var payloadBytes: UInt64 { self.announcedBytes &- self.payloadLeft }

    /// Whether what was released so far ends where a frame ends: a control frame may follow it.
    package var isAtFrameBoundary: Bool { self.payloadLeft == 0 }

    /// Whether what was released so far ends where a message ends: another message may follow it.
    package var isAtMessageBoundary: Bool { self.payloadLeft == 0 && !self.isInMessage }

    /// Payload bytes that end the frame which what was released so far is in the middle of.
    package var restOfFrame: UInt64 { self.payloadLeft }

    /// The first bytes of a header that an earlier read cut. When the next `scan` releases anything, they go before it.
    package var heldHeader: [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<self.heldCount { bytes.append(self.held[index]) }
        return bytes
    }

    /// The Close frame that `scan` stopped at with `.close`.
    package var receivedClose: ReceivedClose? {
        self.mode == .ended(.close) ? ReceivedClose(frame: self.closeFrame) : nil
    }

    /// Takes the next received bytes. In the good case one pass over the headers among them, and nothing else.
    package mutating func scan(_ bytes: RawSpan) -> ScanOutcome {
        switch self.mode {
        case .frames:
            return self.scanFrames(bytes, from: 0)
        case .header:
            return self.resumeHeader(bytes)
        case .closePayload:
            return self.collectClose(bytes, from: 0, forwardable: 0)
        case .ended(let stop):
            return ScanOutcome(forwardable: 0, boundary: 0, stop: stop)
        }
    }

    private mutating func scanFrames(_ bytes: RawSpan, from start: Int) -> ScanOutcome {
        let count = bytes.byteCount
        var position = start
        var boundary: Int?
        while true {
            let left = count &- position
            if self.payloadLeft > UInt64(truncatingIfNeeded: left) {
                self.payloadLeft &-= UInt64(truncatingIfNeeded: left)
                return ScanOutcome(forwardable: count, boundary: boundary, stop: .none)
            }
            position &+= Int(truncatingIfNeeded: self.payloadLeft)
            self.payloadLeft = 0
            boundary = position
            guard count &- position >= 2 else { return self.hold(bytes, from: position) }
            let first = Self.byte(bytes, position)
            let second = Self.byte(bytes, position &+ 1)
            let size = Self.headerSize(second)
            guard count &- position >= size else { return self.hold(bytes, from: position) }
            let length = Self.payloadLength(bytes, position, second)
            if let violation = self.begin(first, second, length) {
                self.mode = .ended(.violation(violation))
                return ScanOutcome(forwardable: position, boundary: position, stop: .violation(violation))
            }
            if first & 0x0F == 0x8 {
                for offset in position..<(position + size) { self.closeFrame.append(Self.byte(bytes, offset)) }
                return self.collectClose(bytes, from: position + size, forwardable: position)
            }
            position &+= size
        }
    }

    /// Checks a whole header and enters its frame.
    private mutating func begin(_ first: UInt8, _ second: UInt8, _ length: UInt64) -> FrameViolation? {
        if second & 0x80 != self.maskBit {
            return self.maskBit == 0 ? .maskedServerFrame : .unmaskedClientFrame
        }
        let opcode = first & 0x0F
        let isFinal = first & 0x80 != 0
        let isFirstDataFrame = opcode == 0x1 || opcode == 0x2
        if first & 0x70 != 0, first & 0x70 != self.deflateBit || !isFirstDataFrame { return .reservedBits }
        switch opcode {
        case 0x0, 0x1, 0x2:
            if let violation = Self.problem(ofLength: length, second) { return violation }
            if isFirstDataFrame == self.isInMessage {
                return isFirstDataFrame ? .messageInsideMessage : .continuationWithoutMessage
            }
            if length > self.maxFrame { return .frameTooBig }
            // Neither is above Int64.max, so the sum of UInt64 cannot overflow.
            let message = isFirstDataFrame ? length : self.messageBytes &+ length
            if message > self.maxMessage { return .messageTooBig }
            self.messageBytes = message
            self.isInMessage = !isFinal
            if isFinal { self.messages &+= 1 }
        case 0x8, 0x9, 0xA:
            if !isFinal { return .fragmentedControlFrame }
            if second & 0x7F > 125 { return .longControlFrame }
        default:
            return .reservedOpcode
        }
        self.frames &+= 1
        self.announcedBytes &+= length
        // The payload of a Close frame is collected, not stepped over: what was released ends before that frame.
        if opcode == 0x8 { self.closeLeft = Int(length) } else { self.payloadLeft = length }
        return nil
    }

    /// RFC 6455 section 5.2: the minimal number of bytes must be used, and the top bit of 64 must be 0.
    private static func problem(ofLength length: UInt64, _ second: UInt8) -> FrameViolation? {
        switch second & 0x7F {
        case 126: length < 126 ? .nonMinimalLength : nil
        case 127: length >> 63 != 0 ? .negativeLength : length < 65536 ? .nonMinimalLength : nil
        default: nil
        }
    }

    // MARK: Headers and Close frames that a read cut

    private mutating func hold(_ bytes: RawSpan, from position: Int) -> ScanOutcome {
        // Never more than 13: a whole header is not held.
        for offset in position..<bytes.byteCount {
            self.held[self.heldCount] = Self.byte(bytes, offset)
            self.heldCount += 1
        }
        self.mode = self.heldCount > 0 ? .header : .frames
        return ScanOutcome(forwardable: position, boundary: position, stop: .none)
    }

    private mutating func resumeHeader(_ bytes: RawSpan) -> ScanOutcome {
        var position = 0
        while self.heldCount < 2 || self.heldCount < Self.headerSize(self.held[1]) {
            guard position < bytes.byteCount else { return ScanOutcome(forwardable: 0, boundary: 0, stop: .none) }
            self.held[self.heldCount] = Self.byte(bytes, position)
            self.heldCount += 1
            position += 1
        }
        let first = self.held[0]
        let second = self.held[1]
        let length = self.held.span.withUnsafeBytes { Self.payloadLength($0.bytes, 0, second) }
        if let violation = self.begin(first, second, length) {
            self.heldCount = 0
            self.mode = .ended(.violation(violation))
            return ScanOutcome(forwardable: 0, boundary: 0, stop: .violation(violation))
        }
        if first & 0x0F == 0x8 {
            self.closeFrame = self.heldHeader
            self.heldCount = 0
            return self.collectClose(bytes, from: position, forwardable: 0)
        }
        self.heldCount = 0
        self.mode = .frames
        return self.scanFrames(bytes, from: position)
    }

    private mutating func collectClose(_ bytes: RawSpan, from start: Int, forwardable: Int) -> ScanOutcome {
        let end = start + min(self.closeLeft, bytes.byteCount - start)
        for offset in start..<end { self.closeFrame.append(Self.byte(bytes, offset)) }
        self.closeLeft -= end - start
        guard self.closeLeft == 0 else {
            self.mode = .closePayload
            return ScanOutcome(forwardable: forwardable, boundary: forwardable, stop: .none)
        }
        var stop = ScanStop.close
        // A client must know better; an application server that sends 999 or nothing sensible still means to close.
        if self.checksClose, let violation = ReceivedClose(frame: self.closeFrame).violation {
            stop = .violation(violation)
        }
        self.mode = .ended(stop)
        return ScanOutcome(forwardable: forwardable, boundary: forwardable, stop: stop)
    }

    // MARK: Bytes

    private static func headerSize(_ second: UInt8) -> Int {
        // The mask bit is worth four bytes.
        let size = 2 &+ Int(second & 0x80) >> 5
        switch second & 0x7F {
        case 126: return size &+ 2
        case 127: return size &+ 8
        default: return size
        }
    }

    private static func payloadLength(_ bytes: RawSpan, _ header: Int, _ second: UInt8) -> UInt64 {
        let short = second & 0x7F
        guard short > 125 else { return UInt64(short) }
        var length: UInt64 = 0
        for offset in (header &+ 2)..<(header &+ (short == 126 ? 4 : 10)) {
            length = length << 8 | UInt64(Self.byte(bytes, offset))
        }
        return length
    }

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}

/// What `WebSocketFrameScanner.scan` found in one buffer.
package struct ScanOutcome: Sendable, Equatable {
    /// Leading bytes that may go on verbatim, after the header bytes that were held back before.
    package var forwardable: Int
    /// The last offset, at most `forwardable`, at which a frame ends; nil when all of it is one frame's payload.
    package var boundary: Int?
    package var stop: ScanStop
}

package enum ScanStop: Sendable, Equatable {
    /// The whole buffer was taken.
    case none
    /// A whole Close frame; see `receivedClose`. What follows it is ignored.
    case close
    case violation(FrameViolation)
}
