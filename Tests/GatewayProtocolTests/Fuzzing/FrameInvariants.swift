import GatewayProtocol

/// WebSocket frames: the same bytes pass and the scanner stops for the same reason however the stream is cut; what passes is
/// whole frames that keep the rules, and at most the beginning of a payload behind them. The first byte says who sends.
enum FrameInvariants {
    private struct Rules {
        var fromClient: Bool
        var deflate: Bool
        var maxFrame = 300
        var maxMessage = 500
    }

    private struct Passed: Equatable {
        var bytes: [UInt8] = []
        var stop = ScanStop.none
        var frames: UInt64 = 0
        var messages: UInt64 = 0
        var payload: UInt64 = 0
        var restOfFrame: UInt64 = 0
        var isAtMessageBoundary = false
    }

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        guard let first = input.first else { return }
        let rules = Rules(fromClient: first & 1 == 0, deflate: first & 2 == 0)
        let stream = Array(input.dropFirst())
        var choices = FuzzChoices(input)
        let whole = try self.scan(stream, rules, cuts: [])
        for cuts in choices.cuts(stream.count).dropFirst() {
            try require(try self.scan(stream, rules, cuts: cuts) == whole, "frames mean the same however they are cut")
        }
        try require(stream.starts(with: whole.bytes), "what passes is what came")
        if whole.stop == .none { try require(stream.count - whole.bytes.count < 14 + 125, "little is held") }
        try self.checkFrames(whole, rules)
    }

    private static func scan(_ stream: [UInt8], _ rules: Rules, cuts: [Int]) throws(BrokenInvariant) -> Passed {
        var scanner = WebSocketFrameScanner(
            rules.fromClient ? .fromClient : .fromServer,
            deflate: rules.deflate,
            maxFrame: rules.maxFrame,
            maxMessage: rules.maxMessage
        )
        var passed = Passed()
        var start = 0
        for end in cuts + [stream.count] {
            let read = Array(stream[start..<end])
            start = end
            let held = scanner.heldHeader
            let outcome = scanner.scan(read.span.bytes)
            try require(0...read.count ~= outcome.forwardable, "no more passes than came")
            try require(0...outcome.forwardable ~= outcome.boundary ?? 0, "a boundary lies in what passes")
            if outcome.forwardable > 0 { passed.bytes += held + read[..<outcome.forwardable] }
            passed.stop = outcome.stop
        }
        passed.frames = scanner.frames
        passed.messages = scanner.messages
        passed.payload = scanner.payloadBytes
        passed.restOfFrame = scanner.restOfFrame
        passed.isAtMessageBoundary = scanner.isAtMessageBoundary
        return passed
    }

    private static func checkFrames(_ passed: Passed, _ rules: Rules) throws(BrokenInvariant) {
        var rest = passed.bytes[...]
        var (frames, message, isInMessage) = (0, 0, false)
        while let first = rest.popFirst() {
            guard let second = rest.popFirst() else { throw BrokenInvariant(description: "no cut header passes") }
            let opcode = first & 0x0F
            try require(opcode <= 2 || opcode == 9 || opcode == 10, "no Close frame and nothing unknown passes")
            try require((second >= 0x80) == rules.fromClient, "masked by clients only")
            let extra = second & 0x7F == 126 ? 2 : second & 0x7F == 127 ? 8 : 0
            try require(rest.count >= extra + (rules.fromClient ? 4 : 0), "no cut header passes")
            let length = extra == 0 ? Int(second & 0x7F) : rest.prefix(extra).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(extra + (rules.fromClient ? 4 : 0))
            try require(extra == 0 || length >= (extra == 2 ? 126 : 65_536), "lengths are minimal")
            let reserved = first & 0x70
            try require(reserved == 0 || reserved == 0x40 && rules.deflate && 1...2 ~= opcode, "reserved bits")
            if opcode >= 8 {
                try require(first >= 0x80 && length <= 125, "control frames are short and whole")
            } else {
                try require((opcode == 0) == isInMessage, "messages do not mix")
                message = opcode == 0 ? message + length : length
                try require(length <= rules.maxFrame && message <= rules.maxMessage, "sizes are bounded")
                isInMessage = first < 0x80
            }
            frames += 1
            if rest.count < length {
                try require(passed.restOfFrame == UInt64(length - rest.count), "the scanner knows what is missing")
                rest = []
            } else {
                rest = rest.dropFirst(length)
                try require(!rest.isEmpty || passed.restOfFrame == 0, "nothing is missing")
            }
        }
        try require(passed.isAtMessageBoundary == (passed.restOfFrame == 0 && !isInMessage), "messages end")
        // A Close frame counts and does not pass.
        try require(passed.frames == UInt64(frames) || passed.frames == UInt64(frames + 1), "frames are counted")
    }
}
