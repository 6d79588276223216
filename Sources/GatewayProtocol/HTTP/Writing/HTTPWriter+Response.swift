package import GatewayMessage
package import NIOCore

extension HTTPWriter {
    /// How a body that arrives with `framing` goes to a client: what ends with the upstream's connection is chunked, so that
    /// the client's own can stay and a truncation shows; a client of HTTP/1.0 never sees chunks.
    package static func clientFraming(_ framing: BodyFraming, clientMinorVersion: UInt8) -> BodyFraming {
        switch framing {
        case .none, .length: framing
        case .chunked, .untilClose: clientMinorVersion == 0 ? .untilClose : .chunked
        }
    }

    /// The head for the client: HTTP/1.1 with the upstream's status and reason, the kept lines, `extraLines`, framing,
    /// `Connection`. `framing` is that of the body as it will be sent (`clientFraming`). A 101 gets `Connection: Upgrade`
    /// and `Upgrade: websocket`, other interim heads no connection lines at all. `date` is a whole `Date` line for a final
    /// head that came without (RFC 9110 section 6.6.1).
    package static func writeResponseHead(
        _ head: ResponseHead,
        block: RawSpan,
        clientMinorVersion: UInt8,
        keepAlive: Bool,
        framing: BodyFraming,
        extraLines: [UInt8] = [],
        date: [UInt8] = [],
        into out: inout ByteBuffer
    ) {
        block.withUnsafeBytes { block in
            let room = head.blockLength &+ extraLines.count &+ date.count &+ Self.roomForOwnLines
            _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
                var line = HeadCursor(space)
                line.write("HTTP/1.1 ")
                line.write(decimal: head.status)
                line.write(" ")
                line.copy(head.reason, of: block)
                line.write("\r\n")
                line.copyKeptLines(head.fields, of: block, blockLength: head.blockLength)
                line.write(extraLines)
                if head.status == 101 {
                    line.write("Connection: Upgrade\r\nUpgrade: websocket\r\n")
                } else if head.status >= 200 {
                    if !date.isEmpty, !Self.hasDate(head.fields) { line.write(date) }
                    Self.writeResponseFraming(framing, clientMinorVersion, keepAlive, &line)
                }
                line.write("\r\n")
                return line.count
            }
        }
    }

    /// An answer of the gateway's own. `headerLines` are whole lines. `omitsBody` is for HEAD: the length is announced all the
    /// same. `date` is a whole `Date` line.
    package static func writeAnswer(
        status: Int,
        contentType: StaticString? = nil,
        headerLines: [UInt8] = [],
        body: [UInt8] = [],
        omitsBody: Bool = false,
        clientMinorVersion: UInt8 = 1,
        keepAlive: Bool,
        date: [UInt8] = [],
        into out: inout ByteBuffer
    ) {
        let room =
            date.count &+ headerLines.count &+ body.count &+ (contentType?.utf8CodeUnitCount ?? 0)
            &+ Self.roomForOwnLines
        out.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { space in
            var line = HeadCursor(space)
            line.write("HTTP/1.1 ")
            line.write(decimal: status)
            line.write(" ")
            line.write(Self.reasonPhrase(status))
            line.write("\r\n")
            if status >= 200 { line.write(date) }
            line.write(headerLines)
            if let contentType {
                line.write("Content-Type: ")
                line.write(contentType)
                line.write("\r\n")
            }
            // RFC 9110 section 8.6: no length in a 204.
            let framing = status == 204 || status == 304 ? BodyFraming.none : .length(body.count)
            Self.writeResponseFraming(framing, clientMinorVersion, keepAlive, &line)
            line.write("\r\n")
            if framing != .none, !omitsBody { line.write(body) }
            return line.count
        }
    }

    /// The interim answer to `Expect: 100-continue`.
    package static func writeContinue(into out: inout ByteBuffer) {
        out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Dropped or not: who has the upstream's `Date` removed does not want ours either.
    private static func hasDate(_ fields: [HeaderField]) -> Bool {
        for field in fields {
            if case .date = field.known { return true }
        }
        return false
    }

    private static func writeResponseFraming(
        _ framing: BodyFraming,
        _ clientMinorVersion: UInt8,
        _ keepAlive: Bool,
        _ line: inout HeadCursor
    ) {
        let isOld = clientMinorVersion == 0
        let endsWithConnection =
            switch framing {
            case .none, .length: false
            case .chunked: isOld
            case .untilClose: true
            }
        if !endsWithConnection { self.writeFraming(framing, &line) }
        if !keepAlive || endsWithConnection {
            line.write("Connection: close\r\n")
        } else if isOld {
            line.write("Connection: keep-alive\r\n")
        }
    }

    /// For the statuses the gateway answers with itself; others go without a phrase, which is allowed.
    package static func reasonPhrase(_ status: Int) -> StaticString {
        switch status {
        case 101: "Switching Protocols"
        case 200: "OK"
        case 204: "No Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 411: "Length Required"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 426: "Upgrade Required"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: ""
        }
    }
}
