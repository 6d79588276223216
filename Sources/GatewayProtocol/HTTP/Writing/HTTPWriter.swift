package import GatewayMessage
package import NIOCore

/// Writes heads and chunk framing. Heads are written in one pass: what was received is copied in runs of consecutive kept
/// lines, byte for byte and in order; the lines that belong to one hop only are written anew.
///
/// Blocks of injected lines must be whole lines, each with its CRLF; nothing here looks into them.
package enum HTTPWriter {}

/// What the gateway asks of the upstream connection.
package enum UpstreamConnectionOption: Sendable, Equatable {
    case persistent
    /// This exchange is the last one: `Connection: close`.
    case close
    /// A WebSocket handshake: `Connection: Upgrade` and `Upgrade: websocket`.
    case webSocket
}

extension HTTPWriter {
    /// The head for the upstream: method, target, HTTP/1.1, the kept lines, the injected blocks, framing as received, what
    /// `connection` needs.
    ///
    /// The target is `pathPrefix`, the path without its first `strippedPath` bytes, the query without `queryCuts`.
    /// `forwardsHost` adds `X-Forwarded-Host`. `forwardedOpening` is a `Forwarded` line up to and including `host="` (RFC 7239
    /// section 5.3); no byte that `Host` may hold needs quoting there. `defaultHost` stands in for a `Host` that an HTTP/1.0
    /// client left out: HTTP/1.1 must have one. The fields of `head` must lie in `block` in order, without gaps, as the parser
    /// leaves them.
    package static func writeRequestHead(
        _ head: RequestHead,
        block: RawSpan,
        connection: UpstreamConnectionOption = .persistent,
        pathPrefix: [UInt8] = [],
        defaultHost: [UInt8] = [],
        forwarded: [UInt8] = [],
        forwardsHost: Bool = false,
        forwardedOpening: [UInt8] = [],
        identity: [UInt8] = [],
        routeLines: [UInt8] = [],
        extra: [UInt8] = [],
        into out: inout ByteBuffer
    ) {
        let room =
            head.blockLength &+ 2 &* (head.host?.count ?? 0) &+ defaultHost.count &+ pathPrefix.count
            &+ forwarded.count &+ forwardedOpening.count &+ identity.count &+ routeLines.count &+ extra.count
            &+ Self.roomForOwnLines
        block.withUnsafeBytes { block in
            _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
                var line = HeadCursor(space)
                line.copy(head.methodName, of: block)
                line.write(" ")
                Self.writeTarget(head, block, pathPrefix, &line)
                line.write(" HTTP/1.1\r\n")
                if head.host == nil {
                    line.write("Host: ")
                    line.write(defaultHost)
                    line.write("\r\n")
                }
                line.copyKeptLines(head.fields, of: block, blockLength: head.blockLength)
                line.write(forwarded)
                if forwardsHost { Self.writeForwardedHost(head, block, &line) }
                if !forwardedOpening.isEmpty { Self.writeForwarded(forwardedOpening, head, block, &line) }
                line.write(identity)
                line.write(routeLines)
                line.write(extra)
                Self.writeFraming(head.framing, &line)
                Self.writeConnection(connection, &line)
                line.write("\r\n")
                return line.count
            }
        }
    }

    private static func writeTarget(
        _ head: RequestHead,
        _ block: UnsafeRawBufferPointer,
        _ prefix: [UInt8],
        _ line: inout HeadCursor
    ) {
        line.write(prefix)
        if head.strippedPath == 0, head.queryCuts.isEmpty {
            line.copy(head.target, of: block)
            return
        }
        let kept = ByteRange(start: head.path.lowerBound &+ head.strippedPath, end: head.path.upperBound)
        if kept.isEmpty { line.write("/") }
        line.copy(kept, of: block)
        if let query = head.query { Self.writeQuery(query, head.queryCuts, block, &line) }
    }

    private static func writeQuery(
        _ query: ByteRange,
        _ cuts: [ByteRange],
        _ block: UnsafeRawBufferPointer,
        _ line: inout HeadCursor
    ) {
        let mark = line.count
        line.write("?")
        var at = query.lowerBound
        for cut in cuts where cut.lowerBound >= at && cut.upperBound <= query.upperBound {
            line.copy(ByteRange(start: at, end: cut.lowerBound), of: block)
            at = cut.upperBound
        }
        line.copy(ByteRange(start: at, end: query.upperBound), of: block)
        // Nothing of the query is left: the `?` goes as well.
        if line.count == mark &+ 1, !cuts.isEmpty { line.truncate(to: mark) }
    }

    /// What the client asked for, for backends that are told to look here (`USE_X_FORWARDED_HOST`); `Host` itself is
    /// kept too.
    private static func writeForwardedHost(
        _ head: RequestHead,
        _ block: UnsafeRawBufferPointer,
        _ line: inout HeadCursor
    ) {
        guard let host = head.host else { return }
        line.write("X-Forwarded-Host: ")
        line.copy(host, of: block)
        line.write("\r\n")
    }

    private static func writeForwarded(
        _ opening: [UInt8],
        _ head: RequestHead,
        _ block: UnsafeRawBufferPointer,
        _ line: inout HeadCursor
    ) {
        line.write(opening)
        if let host = head.host { line.copy(host, of: block) }
        line.write("\"\r\n")
    }

    private static func writeConnection(_ connection: UpstreamConnectionOption, _ line: inout HeadCursor) {
        switch connection {
        case .persistent: break
        case .close: line.write("Connection: close\r\n")
        case .webSocket: line.write("Connection: Upgrade\r\nUpgrade: websocket\r\n")
        }
    }

    static func writeFraming(_ framing: BodyFraming, _ line: inout HeadCursor) {
        switch framing {
        case .none, .untilClose: break
        case .length(let length):
            line.write("Content-Length: ")
            line.write(decimal: length)
            line.write("\r\n")
        case .chunked: line.write("Transfer-Encoding: chunked\r\n")
        }
    }

    /// More than the lines the writer makes itself can take.
    static var roomForOwnLines: Int { 256 }
}
