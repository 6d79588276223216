package import NIOCore

/// What the shell does after an event, in this order: write `orders.beforeToOther`, `toOther`, `orders.toClient` and
/// `orders.toUpstream`, flush; follow the reading and deadline orders; close channels; take the summary.
///
/// Small, since one is returned for every received buffer.
package struct RelayEffects {
    /// Received bytes that go on to the other side verbatim: nearly always the whole answer.
    package let toOther: ByteBuffer?
    /// All that is not plain flow; nil while frames merely pass.
    package let orders: RelayOrders?

    init(toOther: consuming ByteBuffer? = nil, orders: RelayOrders? = nil) {
        self.toOther = toOther
        self.orders = orders
    }

    /// Nothing to do.
    static var none: RelayEffects { RelayEffects() }
}

/// The rarer effects, each absent unless asked for. Made for one event; the machine does not keep it.
package final class RelayOrders {
    /// What goes before `toOther`: bytes that had been held back, or what stood before something that was taken out.
    package internal(set) var beforeToOther: ByteBuffer?
    /// Frames for the client, after everything that was forwarded to it.
    package internal(set) var toClient: ByteBuffer?
    /// Frames for the upstream, after everything that was forwarded to it.
    package internal(set) var toUpstream: ByteBuffer?
    package internal(set) var closeClient: ChannelClosing?
    package internal(set) var closeUpstream: ChannelClosing?
    /// Once everything written has gone out the client gets no more, and is still read: its answer, if it sends one, cannot
    /// be found, and what it has sent already must not turn our close into a reset.
    package internal(set) var finishesClient = false
    package internal(set) var deadline: DeadlineOrder?
    /// From now on what this side sends is dropped: read it whatever the other side's buffer holds, so that a Close or
    /// the end of the stream is seen and unread bytes do not turn our close into a reset.
    package internal(set) var drainsClient = false
    package internal(set) var drainsUpstream = false
    /// For the rate of what the client sends. A client that is paused stays so whatever the upstream's buffer holds.
    package internal(set) var clientReading: ReadingOrder?
    /// A token that the client sent as a message: to be verified, then `renewed` and `renewalAnswered`.
    package internal(set) var renewalToken: [UInt8]?
    /// For a histogram.
    package internal(set) var roundTrip: RelayRoundTrip?
    /// The relay is over: both channels are gone. Said exactly once; `RelayStateMachine.summary` is final.
    package internal(set) var isFinished = false

    init() {}

    /// `frames` go to `side`, behind those that do already.
    func append(_ frames: ByteBuffer, to side: RelaySide) {
        switch side {
        case .client:
            if self.toClient == nil { self.toClient = frames } else { self.toClient?.writeImmutableBuffer(frames) }
        case .upstream:
            if self.toUpstream == nil {
                self.toUpstream = frames
            } else {
                self.toUpstream?.writeImmutableBuffer(frames)
            }
        }
    }

    var isEmpty: Bool {
        self.beforeToOther == nil && self.toClient == nil && self.toUpstream == nil && self.closeClient == nil
            && self.closeUpstream == nil && !self.finishesClient && self.deadline == nil && !self.drainsClient
            && !self.drainsUpstream
            && self.clientReading == nil && self.renewalToken == nil && self.roundTrip == nil && !self.isFinished
    }
}

package enum ChannelClosing: Sendable, Equatable {
    /// When everything written so far has been flushed, or at the deadline.
    case afterFlush
    /// Whatever is still unwritten.
    case now
}

package enum ReadingOrder: Sendable, Equatable { case pause, resume }

/// How long a side took to answer a ping of the gateway's.
package struct RelayRoundTrip: Sendable, Equatable {
    package let side: RelaySide
    package let nanoseconds: UInt64
}

package enum DeadlineOrder: Sendable, Equatable {
    /// Call `deadlinePassed` after this time; replaces an earlier deadline.
    case arm(Duration)
    case cancel
}
