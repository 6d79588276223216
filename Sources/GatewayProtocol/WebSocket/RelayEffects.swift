package import NIOCore

/// What the shell does after an event, in this order: write `orders.beforeToOther`, `toOther`, `orders.toClient` and
/// `orders.toUpstream`, flush; follow the reading and deadline orders; close channels; take the summary.
package struct RelayEffects: Sendable, Equatable {
    /// Received bytes that go on to the other side verbatim: nearly always the whole answer.
    package var toOther: ByteBuffer?
    /// All that is not plain flow; nil while frames merely pass.
    package var orders: RelayOrders?

    package init(toOther: ByteBuffer? = nil, orders: RelayOrders? = nil) {
        self.toOther = toOther
        self.orders = orders
    }

    /// Nothing to do.
    package static let none = RelayEffects()
}

/// The rarer effects, each absent unless asked for.
package struct RelayOrders: Sendable, Equatable {
    /// The first bytes of a frame header that an earlier read had cut; they go before `toOther`.
    package var beforeToOther: ByteBuffer?
    /// Frames for the client, after everything that was forwarded to it.
    package var toClient: ByteBuffer?
    /// Frames for the upstream, after everything that was forwarded to it.
    package var toUpstream: ByteBuffer?
    package var closeClient: ChannelClosing?
    package var closeUpstream: ChannelClosing?
    package var deadline: DeadlineOrder?
    /// From now on what this side sends is dropped: read it whatever the other side's buffer holds, so that a Close or
    /// the end of the stream is seen and unread bytes do not turn our close into a reset.
    package var drainsClient = false
    package var drainsUpstream = false
    /// The relay is over: both channels are gone. Said exactly once; `RelayStateMachine.summary` is final.
    package var isFinished = false

    package init() {}

    var isEmpty: Bool { self == RelayOrders() }
}

package enum ChannelClosing: Sendable, Equatable {
    /// When everything written so far has been flushed, or at the deadline.
    case afterFlush
    /// Whatever is still unwritten.
    case now
}

package enum DeadlineOrder: Sendable, Equatable {
    /// Call `deadlinePassed` after this time; replaces an earlier deadline.
    case arm(Duration)
    case cancel
}
