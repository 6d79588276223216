import NIOCore

extension RelayStateMachine {
    mutating func receivedWithCare(from side: RelaySide, _ buffer: ByteBuffer, _ now: UInt64) -> RelayEffects {
        // Nothing counts after a Close (RFC 6455 section 5.5.1), and after a violation nothing can be read.
        guard self[side].input == .scanned else { return .none }
        let held = self[side].scanner.heldHeader
        let rest = self[side].scanner.restOfFrame
        let outcome = self.scan(side, buffer, from: 0)
        return self.forward(from: side, outcome, of: buffer, after: held, restOfFrame: rest, now)
    }

    /// `held` are header bytes of earlier reads that belong before `buffer`; `restOfFrame` is what was missing of the
    /// frame that `buffer` goes on with.
    mutating func forward(
        from side: RelaySide,
        _ first: ScanOutcome,
        of buffer: ByteBuffer,
        after held: [UInt8],
        restOfFrame: UInt64,
        _ now: UInt64
    ) -> RelayEffects {
        let orders = RelayOrders()
        var passage = self.passage(to: side.other, buffer, restOfFrame)
        if first.forwardable > 0, !held.isEmpty { passage.insert(ByteBuffer(bytes: held)) }
        passage.pass(to: first.forwardable)
        if case .finishingFrame(let close) = self[side.other].output, UInt64(passage.passed) == restOfFrame {
            self.send(close, to: side.other, orders)
        }
        var outcome = first
        while outcome.stop == .caught || outcome.stop == .message {
            let next = outcome.boundary ?? outcome.forwardable
            if outcome.stop == .message {
                self.insertTexts(into: &passage)
            } else {
                self.take(outcome.forwardable..<next, of: buffer, from: side, &passage, orders, now)
            }
            outcome = self.scan(side, buffer, from: next)
            passage.pass(to: outcome.forwardable)
        }
        switch outcome.stop {
        case .none, .caught, .message: break
        case .close: self.closeFrameReceived(from: side, orders)
        case .violation(let violation): self.violated(by: side, violation, orders)
        }
        if self.phase == .open, self.watch != nil {
            self.afterRead(from: side, outcome, of: buffer, &passage, orders, now)
        }
        let (before, last) = passage.parts()
        orders.beforeToOther = before
        return self.settled(last, orders)
    }

    private func passage(to side: RelaySide, _ buffer: ByteBuffer, _ restOfFrame: UInt64) -> RelayPassage {
        switch self[side].output {
        case .flowing: RelayPassage(buffer)
        case .finishingFrame: RelayPassage(buffer, limit: Int(clamping: restOfFrame))
        case .closeSent, .cut: RelayPassage(buffer, limit: 0)
        }
    }

    /// Spelled out for both sides, so that what the scanner holds is not copied.
    mutating func scan(_ side: RelaySide, _ buffer: ByteBuffer, from start: Int) -> ScanOutcome {
        switch side {
        case .client: self.client.scanner.scan(buffer.readableBytesSpan, from: start)
        case .upstream: self.upstream.scanner.scan(buffer.readableBytesSpan, from: start)
        }
    }

    static func prefix(_ count: Int, of buffer: ByteBuffer) -> ByteBuffer? {
        count > 0 ? buffer.getSlice(at: buffer.readerIndex, length: count) : nil
    }
}
