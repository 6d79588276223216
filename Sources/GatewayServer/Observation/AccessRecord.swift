/// Names one exchange in every log line about it: the connection's number and the exchange's number on it.
package struct ExchangeID: Sendable, Hashable {
    package var connection: UInt64
    package var exchange: UInt32

    package init(connection: UInt64, exchange: UInt32) {
        self.connection = connection
        self.exchange = exchange
    }

    /// `00000000a1b2c3d4-7`.
    package func append(to bytes: inout [UInt8]) {
        LogText.appendHexadecimal(self.connection, digits: 16, to: &bytes)
        bytes.append(0x2D)
        LogText.append(Int64(self.exchange), to: &bytes)
    }

    package var description: String {
        var bytes: [UInt8] = []
        self.append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The version a client spoke.
package enum ClientProtocol: Sendable {
    case http10, http11, http2

    var name: StaticString {
        switch self {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        case .http2: "HTTP/2"
        }
    }
}

/// What an exchange leaves in the access log; the method and the path travel beside it. Empty text means absent.
package struct AccessRecord {
    /// When the request's head was complete.
    package var time: LogTime
    package var id: ExchangeID
    package var client: [UInt8] = []
    /// What a trusted proxy calls the request; empty when the gateway's own id is its only name.
    package var requestID: [UInt8] = []
    package var transport = ClientProtocol.http11
    /// 0 when the client left before there was an answer.
    package var status = 0
    /// Body bytes towards the client.
    package var bytesSent = 0
    /// Body bytes from the client.
    package var bytesReceived = 0
    package var microseconds: Int64 = 0
    package var route = ""
    package var upstream = ""
    package var user = ""
    /// The label of the refusal's reason; empty when nothing was refused.
    package var refusal: StaticString = ""

    package init(time: LogTime, id: ExchangeID) {
        self.time = time
        self.id = id
    }
}

/// A WebSocket whose handshake was answered with 101.
package struct WebSocketOpenRecord {
    package var time: LogTime
    package var id: ExchangeID
    package var client: [UInt8] = []
    package var route = ""
    package var upstream = ""
    package var user = ""
    package var subprotocol = ""
    package var isCompressed = false
    /// From the request's head to the 101.
    package var microseconds: Int64 = 0

    package init(time: LogTime, id: ExchangeID) {
        self.time = time
        self.id = id
    }
}

/// Who ended a WebSocket: by closing it first, or by vanishing.
package enum WebSocketCloser: Sendable, CaseIterable {
    case client, upstream, gateway

    package var label: StaticString {
        switch self {
        case .client: "client"
        case .upstream: "upstream"
        case .gateway: "gateway"
        }
    }
}

/// The end of a WebSocket.
package struct WebSocketCloseRecord {
    package var time: LogTime
    package var id: ExchangeID
    package var client: [UInt8] = []
    package var route = ""
    package var upstream = ""
    package var user = ""
    package var closedBy = WebSocketCloser.client
    /// The close code on the client's side, sent or received; nil when the connection ended without one.
    package var clientCode: UInt16?
    /// The close code on the upstream's side; nil when the connection ended without one.
    package var upstreamCode: UInt16?
    /// Why the gateway closed, for example `token_expired`; empty when a peer did.
    package var reason: StaticString = ""
    package var messagesFromClient = 0
    package var bytesFromClient = 0
    package var messagesFromUpstream = 0
    package var bytesFromUpstream = 0
    /// From the 101 to the end.
    package var microseconds: Int64 = 0

    package init(time: LogTime, id: ExchangeID) {
        self.time = time
        self.id = id
    }
}
