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
///
/// Frames of other kinds are caught when the relay asks for it: each is then held back until it is whole, and the scan
/// stops so that the relay can let it go or not.
package struct WebSocketFrameScanner: Sendable {
    package enum Direction: Sendable { case fromClient, fromServer }

    private enum Mode: Sendable, Equatable {
        /// In a payload or between two frames.
        case frames
        /// `held` has the first bytes of a header.
        case header
        /// `collected` has the header of a Close frame or a caught one, and a part of its payload.
        case collecting
        /// After a Close frame or a violation: the rest of the stream means nothing (RFC 6455 section 5.5.1).
        case ended(ScanStop)
    }

    private var payloadLeft: UInt64 = 0
    private var messageBytes: UInt64 = 0
    private var announcedBytes: UInt64 = 0
    private let maxFrame: UInt64
    private let maxMessage: UInt64

    /// Frames whose header was in order, control frames included.
    package private(set) var frames: UInt64 = 0
    /// Data messages whose last frame began.
    package private(set) var messages: UInt64 = 0
    private var controlFrames: UInt32 = 0
    private var largeFragments: UInt32 = 0

    private var collected: [UInt8] = []
    private var collectLeft: Int32 = 0
    /// One bit for each opcode whose frames are looked at more closely.
    private var lookedAt = Self.closeBit
    private var shortestText: UInt16 = 1
    private var longestText: UInt16 = 0
    private var held = InlineArray<14, UInt8>(repeating: 0)
    private var heldBytes: UInt8 = 0
    private var mode = Mode.frames
    private var isInMessage = false
    private var opcode: UInt8 = 0
    private let maskBit: UInt8
    /// RSV1 where it may be set: on the first frame of a data message, with permessage-deflate (RFC 7692 section 6).
    private let deflateBit: UInt8
    private let checksClose: Bool

    /// Pongs of this payload length are caught, no others.
    package static let caughtPong: UInt64 = 8
    static let largeFragment: UInt64 = 1024
    private static let closeBit: UInt16 = 1 << 0x8
    private static let pongBit: UInt16 = 1 << 0xA
    private static let textBit: UInt16 = 1 << 0x1
    private static let binaryBit: UInt16 = 1 << 0x2

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

    /// Whether the frame that began last is a control frame.
    var isInControlFrame: Bool { self.opcode >= 0x8 }

    /// Whether a caught frame, or a Close, is being collected.
    var isCollecting: Bool { self.mode == .collecting }

    /// What of the stream was released, for those who watch it. Inlined, or else the scanner is copied for the call.
    @inline(__always)
    var counters: ScanCounters {
        let held: UInt32 = self.isCollecting ? 1 : 0
        let frames = UInt32(truncatingIfNeeded: self.frames)
        return ScanCounters(
            frames: frames &- held,
            dataFrames: frames &- self.controlFrames &- (self.isInControlFrame ? 0 : held),
            largeFragments: self.largeFragments,
            isInData: self.payloadLeft > 0 && !self.isInControlFrame
        )
    }

    /// The first bytes of a header that an earlier read cut. When the next `scan` releases anything, they go before it.
    package var heldHeader: [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<self.heldCount { bytes.append(self.held[index]) }
        return bytes
    }

    var heldCount: Int { Int(self.heldBytes) }

    /// The Close frame that `scan` stopped at with `.close`.
    package var receivedClose: ReceivedClose? {
        self.mode == .ended(.close) ? ReceivedClose(frame: self.collected) : nil
    }

    /// Takes the bytes from `start` on; all before it were taken. In the good case one pass over the headers among them,
    /// and nothing else.
    package mutating func scan(_ bytes: RawSpan, from start: Int = 0) -> ScanOutcome {
        switch self.mode {
        case .frames:
            return self.scanFrames(bytes, from: start)
        case .header:
            return self.resumeHeader(bytes, from: start)
        case .collecting:
            return self.collect(bytes, from: start, forwardable: start)
        case .ended(let stop):
            return ScanOutcome(forwardable: start, boundary: start, stop: stop)
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
            if self.lookedAt &>> UInt16(truncatingIfNeeded: first & 0x0F) & 1 != 0,
                let outcome = self.look(bytes, at: position, first, size, length)
            {
                return outcome
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
        self.opcode = opcode
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
            if isFinal {
                self.messages &+= 1
            } else if length >= Self.largeFragment {
                self.largeFragments &+= 1
            }
        case 0x8, 0x9, 0xA:
            if !isFinal { return .fragmentedControlFrame }
            if second & 0x7F > 125 { return .longControlFrame }
            self.controlFrames &+= 1
        default:
            return .reservedOpcode
        }
        self.frames &+= 1
        self.announcedBytes &+= length
        self.payloadLeft = length
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

    // MARK: Frames that are looked at

    /// From the next frame on: Pongs of `caughtPong` bytes stop the scan.
    mutating func catchPongs(_ isOn: Bool) {
        self.lookedAt = isOn ? self.lookedAt | Self.pongBit : self.lookedAt & ~Self.pongBit
    }

    /// From the next frame on: text messages of one uncompressed frame stop the scan when their length is in `lengths`.
    mutating func catchTexts(_ lengths: ClosedRange<UInt16>) {
        self.lookedAt |= Self.textBit
        self.shortestText = lengths.lowerBound
        self.longestText = lengths.upperBound
    }

    /// Whether the scan stops where a message begins, once: see `ScanStop.message`. Asked for inside a message only; a header
    /// that an earlier read cut then cannot be the one of a new message.
    mutating func stopBeforeMessage() { self.lookedAt |= Self.textBit | Self.binaryBit }

    /// A frame's header is in order and its opcode one that is looked at. Returns how the scan ends here, if it does.
    private mutating func look(
        _ bytes: RawSpan,
        at position: Int,
        _ first: UInt8,
        _ size: Int,
        _ length: UInt64
    ) -> ScanOutcome? {
        if self.lookedAt & Self.binaryBit != 0, !self.isInControlFrame {
            self.lookedAt &= ~Self.binaryBit
            if self.longestText == 0 { self.lookedAt &= ~Self.textBit }
            return ScanOutcome(forwardable: position, boundary: position &+ size, stop: .message)
        }
        guard self.isCaught(first, length) else { return nil }
        // What was released ends before this frame.
        self.payloadLeft = 0
        self.collectLeft = Int32(truncatingIfNeeded: length)
        let payload = position &+ size
        if first & 0x0F != 0x8, bytes.byteCount &- payload >= Int(truncatingIfNeeded: length) {
            let end = payload &+ Int(truncatingIfNeeded: length)
            return ScanOutcome(forwardable: position, boundary: end, stop: .caught)
        }
        self.append(bytes, position..<payload)
        return self.collect(bytes, from: payload, forwardable: position)
    }

    private func isCaught(_ first: UInt8, _ length: UInt64) -> Bool {
        switch first & 0x0F {
        case 0x8: true
        case 0xA: self.lookedAt & Self.pongBit != 0 && length == Self.caughtPong
        // FIN, no RSV1.
        case 0x1: first == 0x81 && length >= UInt64(self.shortestText) && length <= UInt64(self.longestText)
        default: false
        }
    }

    private mutating func collect(_ bytes: RawSpan, from start: Int, forwardable: Int) -> ScanOutcome {
        let end = start + min(Int(self.collectLeft), bytes.byteCount - start)
        self.append(bytes, start..<end)
        self.collectLeft -= Int32(truncatingIfNeeded: end - start)
        guard self.collectLeft == 0 else {
            self.mode = .collecting
            return ScanOutcome(forwardable: forwardable, boundary: forwardable, stop: .none)
        }
        guard self.opcode == 0x8 else {
            self.mode = .frames
            return ScanOutcome(forwardable: forwardable, boundary: end, stop: .caught)
        }
        var stop = ScanStop.close
        // A client must know better; an application server that sends 999 or nothing sensible still means to close.
        if self.checksClose, let violation = ReceivedClose(frame: self.collected).violation {
            stop = .violation(violation)
        }
        self.mode = .ended(stop)
        return ScanOutcome(forwardable: forwardable, boundary: forwardable, stop: stop)
    }

    private mutating func append(_ bytes: RawSpan, _ range: Range<Int>) {
        bytes.withUnsafeBytes { self.collected.append(contentsOf: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// What is held of a caught frame that is not whole yet; nil when there is none.
    var collectedPart: [UInt8]? {
        self.isCollecting && self.opcode != 0x8 ? self.collected : nil
    }

    /// Whether the caught frame that `scan` stopped at was collected.
    var hasCollected: Bool { !self.collected.isEmpty }

    /// The caught frame that `scan` stopped at, when reads had cut it; nil when all of it is in the bytes scanned last.
    mutating func takeCollected() -> [UInt8]? {
        guard self.mode == .frames, !self.collected.isEmpty else { return nil }
        defer { self.collected = [] }
        return self.collected
    }

    /// Lets go of a caught frame before it is whole: it passes like any other. Returns what was held of it.
    mutating func release() -> [UInt8] {
        guard self.collectedPart != nil else { return [] }
        self.payloadLeft = UInt64(truncatingIfNeeded: self.collectLeft)
        self.mode = .frames
        defer { self.collected = [] }
        return self.collected
    }

    // MARK: Headers that a read cut

    private mutating func hold(_ bytes: RawSpan, from position: Int) -> ScanOutcome {
        // Never more than 13: a whole header is not held.
        for offset in position..<bytes.byteCount {
            self.held[self.heldCount] = Self.byte(bytes, offset)
            self.heldBytes += 1
        }
        self.mode = self.heldBytes > 0 ? .header : .frames
        return ScanOutcome(forwardable: position, boundary: position, stop: .none)
    }

    private mutating func resumeHeader(_ bytes: RawSpan, from start: Int) -> ScanOutcome {
        var position = start
        while self.heldCount < 2 || self.heldCount < Self.headerSize(self.held[1]) {
            guard position < bytes.byteCount else {
                return ScanOutcome(forwardable: start, boundary: start, stop: .none)
            }
            self.held[self.heldCount] = Self.byte(bytes, position)
            self.heldBytes += 1
            position += 1
        }
        let first = self.held[0]
        let second = self.held[1]
        let length = self.held.span.withUnsafeBytes { Self.payloadLength($0.bytes, 0, second) }
        if let violation = self.begin(first, second, length) {
            self.heldBytes = 0
            self.mode = .ended(.violation(violation))
            return ScanOutcome(forwardable: start, boundary: start, stop: .violation(violation))
        }
        if self.isCaught(first, length) {
            self.collected = self.heldHeader
            self.heldBytes = 0
            self.payloadLeft = 0
            self.collectLeft = Int32(truncatingIfNeeded: length)
            return self.collect(bytes, from: position, forwardable: start)
        }
        self.heldBytes = 0
        self.mode = .frames
        return self.scanFrames(bytes, from: position)
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
