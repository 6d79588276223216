package import GatewayMessage

/// Who is at the other end of a connection, as the connection sees it.
package struct Peer: Sendable, Equatable {
    /// Nil for whoever came over a Unix-domain socket.
    package var address: IPAddress?
    /// Whether it speaks TLS.
    package var isSecure: Bool
    /// Where it came in; 0 where there is no port.
    package var port: Int

    package init(address: IPAddress?, isSecure: Bool, port: Int) {
        self.address = address
        self.isSecure = isSecure
        self.port = port
    }
}

/// What a trusted proxy says about its client, as far as that can be believed.
package struct VettedSender: Sendable, Equatable {
    /// The client's; the proxy's own when the proxy says nothing.
    package var address: IPAddress?
    /// All `X-Forwarded-*` lines and, where it is sent, `Forwarded`: whole lines, each ended by CRLF.
    package var lines: [UInt8]
    /// Empty: none, or none that could be kept.
    package var requestID: [UInt8]
    /// False: the proxy has written something of its client that is no address. No address rule lets such a client pass.
    package var isKnown: Bool

    package init(address: IPAddress?, lines: [UInt8], requestID: [UInt8], isKnown: Bool = true) {
        self.address = address
        self.lines = lines
        self.requestID = requestID
        self.isKnown = isKnown
    }
}
