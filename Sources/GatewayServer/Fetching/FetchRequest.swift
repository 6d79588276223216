import GatewaySettings
import NIOCore

/// One GET that the gateway makes for itself.
struct FetchRequest: Sendable {
    var url: URLSettings
    /// Sent as a bearer token.
    var token: Secret?
    /// Of the document that is here already, which need not be sent once more.
    var etag: String?
    /// Bytes of the document.
    var limit: Int
    /// For everything, from the look-up of the name to the last byte.
    var timeout: Duration

    /// What goes on the wire. The connection serves nothing else, and no coding hides the document's size.
    var head: ByteBuffer {
        var head = ByteBuffer()
        head.writeString("GET \(self.url.path) HTTP/1.1\r\nHost: \(self.url.authority)\r\n")
        head.writeString("User-Agent: tollgate\r\nAccept: application/json, application/jwk-set+json\r\n")
        head.writeString("Accept-Encoding: identity\r\nConnection: close\r\n")
        if let token = self.token { head.writeString("Authorization: Bearer \(token.text)\r\n") }
        if let etag = self.etag { head.writeString("If-None-Match: \(etag)\r\n") }
        head.writeString("\r\n")
        return head
    }
}

extension URLSettings {
    /// For logs: a query may be secret.
    var shown: String { "\(self.scheme.rawValue)://\(self.authority)\(self.path.prefix { $0 != "?" })" }
}

/// What came of a fetch that worked.
enum FetchedDocument: Sendable, Equatable {
    case document([UInt8], etag: String?)
    /// It is still the one of `FetchRequest.etag`.
    case notModified
}

/// Why nothing was fetched.
enum FetchProblem: Error, Sendable, Equatable {
    case noAddress
    case notConnected(String)
    case notTrusted(String)
    case timedOut
    case endedEarly
    case malformed(String)
    case redirected(Int)
    case status(Int)
    case coded
    case tooLarge(limit: Int)

    /// For metrics.
    var label: String {
        switch self {
        case .noAddress: "no_address"
        case .notConnected: "not_connected"
        case .notTrusted: "tls"
        case .timedOut: "timeout"
        case .endedEarly: "ended_early"
        case .malformed: "malformed"
        case .redirected: "redirect"
        case .status: "status"
        case .coded: "coded"
        case .tooLarge: "too_large"
        }
    }

    var message: String {
        switch self {
        case .noAddress: "the name has no address"
        case .notConnected(let reason): "not connected: \(reason)"
        case .notTrusted(let reason): "no trusted TLS connection: \(reason)"
        case .timedOut: "no whole answer in time"
        case .endedEarly: "the connection ended before the answer did"
        case .malformed(let label): "the answer is not HTTP: \(label)"
        case .redirected(let status): "the answer is \(status), and redirects are not followed"
        case .status(let status): "the answer is \(status)"
        case .coded: "the document is compressed, which was not asked for"
        case .tooLarge(let limit): "the document is larger than \(limit) bytes"
        }
    }
}
