import GatewayProtocol

/// What a scanner has to find in a whole stream, worked out frame by frame and without regard for speed.
struct ScannerReference: Equatable {
    var forwarded = 0
    var stop = ScanStop.none
    var frames: UInt64 = 0
    var messages: UInt64 = 0
    var isInMessage = false
    /// Payload bytes missing of the frame that the stream ends in.
    var missing = 0

    init(_ stream: [UInt8], _ rules: ScannerRules) {
        var message = 0
        while self.stop == .none, self.missing == 0, self.forwarded < stream.count {
            let rest = Array(stream[self.forwarded...])
            guard let header = Header(rest) else { return }
            if let violation = header.violation(rules, inMessage: self.isInMessage, message: message) {
                self.stop = .violation(violation)
                return
            }
            let length = Int(header.length)
            if header.opcode == 8 {
                self.frames += 1
                guard rest.count >= header.size + length else { return }
                var payload = Array(rest[header.size..<(header.size + length)])
                if header.isMasked {
                    let key = Array(rest[(header.size - 4)..<header.size])
                    payload = payload.indices.map { payload[$0] ^ key[$0 % 4] }
                }
                let problem = rules.direction == .fromClient ? Self.closeProblem(payload) : nil
                self.stop = problem.map { .violation($0) } ?? .close
                return
            }
            self.frames += 1
            if header.opcode < 8 {
                message = header.opcode == 0 ? message + length : length
                self.isInMessage = !header.fin
                if header.fin { self.messages += 1 }
            }
            self.missing = max(0, header.size + length - rest.count)
            self.forwarded += min(rest.count, header.size + length)
        }
    }

    private static func closeProblem(_ payload: [UInt8]) -> FrameViolation? {
        if payload.isEmpty { return nil }
        if payload.count == 1 { return .truncatedCloseCode }
        let code = UInt16(payload[0]) * 256 + UInt16(payload[1])
        let isValid =
            [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].contains(code)
            || 3000...4999 ~= code
        if !isValid { return .invalidCloseCode }
        let reason = payload.dropFirst(2)
        return Array(String(decoding: reason, as: UTF8.self).utf8) == Array(reason) ? nil : .closeReasonNotUTF8
    }

    private struct Header {
        var fin: Bool
        var rsv: UInt8
        var opcode: UInt8
        var isMasked: Bool
        var short: UInt8
        var length: UInt64
        var size: Int

        init?(_ bytes: [UInt8]) {
            guard bytes.count >= 2 else { return nil }
            self.fin = bytes[0] >= 128
            self.rsv = bytes[0] / 16 % 8
            self.opcode = bytes[0] % 16
            self.isMasked = bytes[1] >= 128
            self.short = bytes[1] % 128
            let extra = self.short == 126 ? 2 : self.short == 127 ? 8 : 0
            self.size = 2 + extra + (self.isMasked ? 4 : 0)
            guard bytes.count >= self.size else { return nil }
            self.length = extra == 0 ? UInt64(self.short) : bytes[2..<(2 + extra)].reduce(0) { $0 &* 256 &+ UInt64($1) }
        }

        func violation(_ rules: ScannerRules, inMessage: Bool, message: Int) -> FrameViolation? {
            if self.isMasked != (rules.direction == .fromClient) {
                return self.isMasked ? .maskedServerFrame : .unmaskedClientFrame
            }
            let mayCompress = rules.deflate && (self.opcode == 1 || self.opcode == 2)
            if self.rsv != 0, !(self.rsv == 4 && mayCompress) { return .reservedBits }
            if (3...7).contains(self.opcode) || self.opcode > 10 { return .reservedOpcode }
            if self.opcode >= 8 {
                return !self.fin ? .fragmentedControlFrame : self.short > 125 ? .longControlFrame : nil
            }
            if self.short == 126, self.length < 126 { return .nonMinimalLength }
            if self.short == 127, self.length >= 1 << 63 { return .negativeLength }
            if self.short == 127, self.length < 65536 { return .nonMinimalLength }
            if self.opcode == 0, !inMessage { return .continuationWithoutMessage }
            if self.opcode != 0, inMessage { return .messageInsideMessage }
            if self.length > UInt64(rules.maxFrame) { return .frameTooBig }
            let sum = UInt64(self.opcode == 0 ? message : 0) + self.length
            return sum > UInt64(rules.maxMessage) ? .messageTooBig : nil
        }
    }
}

struct ScannerRules {
    var direction = WebSocketFrameScanner.Direction.fromClient
    var deflate = false
    var maxFrame = 1000
    var maxMessage = 1500

    var scanner: WebSocketFrameScanner {
        WebSocketFrameScanner(
            self.direction,
            deflate: self.deflate,
            maxFrame: self.maxFrame,
            maxMessage: self.maxMessage
        )
    }
}

/// Feeds a scanner as a relay does, and keeps what it lets through.
struct ScannerFeed {
    var scanner: WebSocketFrameScanner
    var forwarded: [UInt8] = []
    var stop = ScanStop.none
    /// Lengths of `forwarded` that the scanner called frame boundaries.
    var boundaries: Set<Int> = []

    init(_ rules: ScannerRules) { self.scanner = rules.scanner }

    init(_ rules: ScannerRules, _ stream: [UInt8], cuts: [Int]) {
        self.init(rules)
        var start = 0
        for cut in cuts + [stream.count] {
            self.feed(Array(stream[start..<cut]))
            start = cut
        }
    }

    mutating func feed(_ bytes: [UInt8]) {
        let held = self.scanner.heldHeader
        let outcome = self.scanner.scan(bytes)
        let before = self.forwarded.count
        if outcome.forwardable > 0 { self.forwarded += held + bytes[..<outcome.forwardable] }
        if let boundary = outcome.boundary {
            self.boundaries.insert(before + (boundary > 0 ? held.count + boundary : 0))
        }
        self.stop = outcome.stop
    }
}

extension WebSocketFrameScanner {
    mutating func scan(_ bytes: [UInt8]) -> ScanOutcome { self.scan(bytes.span.bytes) }
}
