import GatewayProtocol
import GatewaySettings
import Glibc
import NIOCore
import NIOSSL

/// How a connection ends, and the waits that lead there.
extension ClientConnection {
    /// Ends the connection in the order that lets the client read what was written: flush, half-close, drop what still
    /// comes, close. The wait for the client begins when the last byte is out.
    func endConnection() {
        self.phase = .lingering
        self.endBody()
        self.inbound = ByteBuffer()
        // Before its handshake TLS keeps back even an empty write: without a request there is nothing to be seen.
        guard self.hasReceived else {
            self.closeAtOnce()
            return
        }
        self.disarm()
        self.whenFlushed {
            if self.inputIsClosed {
                self.close()
            } else {
                self.context?.close(mode: .output, promise: nil)
                self.arm(.linger, after: Self.lingerTime)
            }
        }
        self.resumeReading()
    }

    /// Calls `body` once everything written has gone out; a client that takes nothing is cut by the watch.
    func whenFlushed(_ body: @escaping () -> Void) {
        self.writeOutbound()
        guard let context = self.context else { return }
        self.unflushed = 0
        self.awaitsFlush = true
        let flushed = context.writeAndFlush(self.wrapOutboundOut(ByteBuffer())).assumeIsolated()
        if WriteWatch.bytesWaiting(on: context.channel) > 0 { self.watchWrites() }
        flushed.whenSuccess {
            self.awaitsFlush = false
            self.writeWatch?.stop()
            body()
        }
    }

    func watchWrites() {
        guard let context = self.context else { return }
        let watch =
            self.writeWatch
            ?? WriteWatch(context.channel, worker: self.worker, limit: self.patience) {
                [unowned self] in self.writeStalled()
            }
        self.writeWatch = watch
        watch.start()
    }

    /// How long the client may take nothing.
    private var patience: TimeAmount {
        if case .relaying(let relay) = self.phase { return relay.terms.plan.slowConsumer }
        return self.worker.snapshot.timeouts.writeStall
    }

    func writeStalled() {
        if case .relaying(let relay) = self.phase {
            relay.stalled(.client)
        } else {
            self.ownExchange?.clientStalled()
            self.reset()
        }
    }

    /// Answers a handshake with 101 and a close frame, and waits for the client's own.
    func acceptThenClose(_ offer: WebSocketOffer, _ close: WebSocketClose) {
        self.writeAccept(offer)
        WebSocketFrameWriter.writeClose(close, into: &self.outbound)
        self.phase = .refusingSocket(
            WebSocketFrameScanner(.fromClient, deflate: false, maxFrame: 1 << 16, maxMessage: 1 << 16))
        self.inbound = ByteBuffer()
        self.flush()
        self.arm(.linger, after: Self.lingerTime)
        self.resumeReading()
    }

    func close() {
        if self.awaitsTurn { self.flush() }
        self.isClosing = true
        self.worker.wheel.cancel(self)
        self.context?.close(promise: nil)
    }

    /// Closes the socket itself. TLS does not say goodbye: what was written so far must not look complete.
    func closeAtOnce() {
        if self.awaitsTurn { self.flush() }
        guard let context = self.context else { return }
        self.isClosing = true
        self.worker.wheel.cancel(self)
        if let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            tls.close(promise: nil)
        } else {
            context.close(promise: nil)
        }
    }

    /// Ends what the client receives once everything written has gone out.
    func finishSending() { self.whenFlushed { self.context?.close(mode: .output, promise: nil) } }

    /// Closes once everything written has gone out.
    func closeAfterFlush() { self.whenFlushed { self.close() } }

    /// Ends a response that is cut short in a way that cannot be taken for its end, not even where the end of the connection
    /// would be one.
    func abort() {
        if case .http = self.phase { self.reset() } else { self.closeAtOnce() }
    }

    /// Throws away what the client has not taken: a polite end would leave it in the kernel, megabytes for minutes.
    private func reset() {
        if let options = self.context?.channel as? any SocketOptionProvider {
            _ = options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }
        self.closeAtOnce()
    }

    /// The gateway stops: an idle connection is closed, a busy one after its exchange, a socket within `window`.
    func drain(within window: TimeAmount) {
        switch self.phase {
        case .relaying(let relay):
            relay.drain(within: window)
        case .http:
            self.keepsAlive = false
            guard self.ownExchange?.isIdle ?? true else { return }
            if self.inbound.readableBytes == 0 {
                self.endConnection()
            } else {
                // Half a request: it may be made whole, but not for as long as clients have otherwise.
                self.arm(.head, after: Self.lingerTime)
            }
        case .refusingSocket, .lingering, .closed:
            break
        }
    }

    func arm(_ kind: DeadlineKind, after duration: TimeAmount) {
        self.deadlineKind = kind
        self.worker.wheel.arm(self, at: self.worker.now + duration)
    }

    func disarm() {
        self.deadlineKind = .none
        self.worker.wheel.disarm(self)
    }
}
