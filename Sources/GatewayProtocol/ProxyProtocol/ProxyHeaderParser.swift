package import GatewayMessage
package import NIOCore

/// Reads the PROXY protocol header, version 1 or 2, that a trusted proxy sends before the bytes of its client (HAProxy's
/// specification, sections 2.1 and 2.2). Everything that does not match it exactly is a problem, and a problem is final.
///
/// The bytes stay in the buffer until the header is whole; then exactly the header is consumed. Between two calls the buffer
/// may only grow. Which of the two versions it is shows in the first byte.
package struct ProxyHeaderParser: Sendable {
    /// A version 2 header with all its TLVs. The format allows 64 KiB; senders are told to stay below one segment.
    static var maximumLength: Int { 4096 }

    private var progress = ProxyHeaderProgress.needsMore

    package init() {}

    /// After `.complete` it takes nothing more and answers the same.
    package mutating func parse(_ buffer: inout ByteBuffer) throws(ProxyHeaderProblem) -> ProxyHeaderProgress {
        guard case .needsMore = self.progress else { return self.progress }
        let header = try buffer.withUnsafeReadableBytes { (bytes) throws(ProxyHeaderProblem) -> ProxyHeader? in
            guard let first = bytes.first else { return nil }
            return switch first {
            case 0x50: try ProxyHeader.line(bytes)
            case 0x0D: try ProxyHeader.block(bytes)
            default: throw .notAProxyHeader
            }
        }
        guard let header else { return .needsMore }
        buffer.moveReaderIndex(forwardBy: header.length)
        self.progress = .complete(source: header.source, sourcePort: header.sourcePort)
        return self.progress
    }
}

package enum ProxyHeaderProgress: Sendable, Equatable {
    case needsMore
    /// Without a `source` the connection is the proxy's own, or its client has no IP address: the peer's address counts.
    case complete(source: IPAddress?, sourcePort: Int)
}

/// What is wrong with a PROXY protocol header.
package enum ProxyHeaderProblem: Error, Sendable, Equatable, CaseIterable {
    case notAProxyHeader
    case lineTooLong
    case bareLineEnd
    case badLine
    case badAddress
    case badPort
    case unknownVersion
    case unknownCommand
    case unknownFamily
    case datagram
    case headerTooLong
    case truncatedAddresses
    case badExtension
    case checksumMismatch

    /// A stable word for logs and metrics.
    package var label: StaticString {
        switch self {
        case .notAProxyHeader: "not_a_proxy_header"
        case .lineTooLong: "line_too_long"
        case .bareLineEnd: "bare_line_end"
        case .badLine: "bad_line"
        case .badAddress: "bad_address"
        case .badPort: "bad_port"
        case .unknownVersion: "unknown_version"
        case .unknownCommand: "unknown_command"
        case .unknownFamily: "unknown_family"
        case .datagram: "datagram"
        case .headerTooLong: "header_too_long"
        case .truncatedAddresses: "truncated_addresses"
        case .badExtension: "bad_extension"
        case .checksumMismatch: "checksum_mismatch"
        }
    }
}

/// A whole header, of either version.
struct ProxyHeader {
    var source: IPAddress?
    var sourcePort = 0
    var length: Int
}
