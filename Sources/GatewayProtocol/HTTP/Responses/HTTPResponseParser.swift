package import GatewayMessage
package import NIOCore

/// Finds and parses one response head at the front of a buffer, as strictly as `HTTPRequestParser` does with requests and
/// with the same rules about the buffer. Interim (1xx) heads come out like others, with framing `.none`; after `reset()`
/// the next head is read.
package struct HTTPResponseParser: Sendable {
    package var head = ResponseHead()

    private let limits: HTTPLimits
    private var phase = Phase.statusLine
    private var lines = LineCursor()
    private var framing = FramingFields()
    private var hasConnection = false

    private enum Phase: Sendable { case statusLine, fields, complete }

    package init(limits: HTTPLimits) { self.limits = limits }

    /// Before the next response. Keeps the storage of the head's array.
    package mutating func reset() {
        // Moved out and back: a copy would share the storage, and emptying a shared array allocates another.
        var fields: [HeaderField] = []
        swap(&fields, &self.head.fields)
        fields.removeAll(keepingCapacity: true)
        self.head = ResponseHead()
        self.head.fields = fields
        self.phase = .statusLine
        self.lines = LineCursor()
        self.framing = FramingFields()
        self.hasConnection = false
    }

    /// `requestMethod` is that of the request being answered: it decides whether a body follows.
    package mutating func parse(
        _ buffer: ByteBuffer,
        requestMethod: RequestMethod
    ) throws(HTTPViolation) -> HeadProgress {
        try buffer.withUnsafeReadableBytes { (bytes) throws(HTTPViolation) -> HeadProgress in
            try self.parse(bytes, requestMethod)
        }
    }

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer,
        _ method: RequestMethod
    ) throws(HTTPViolation) -> HeadProgress {
        while self.phase != .complete {
            let isField = self.phase == .fields
            let lineLimit = isField ? self.limits.headerLine : self.limits.requestLine
            let blockLimit = self.limits.headerBlock
            guard let window = self.lines.window(bytes, lineLimit: lineLimit, blockLimit: blockLimit) else {
                return .needsMore
            }
            guard let next = try self.parseLine(window, method) else {
                try self.lines.ranOut(
                    bytes,
                    lineLimit: lineLimit,
                    blockLimit: blockLimit,
                    tooLong: isField ? .headerLineTooLong : .badStatusLine
                )
                return .needsMore
            }
            self.lines.advance(to: next)
        }
        return .complete
    }

    /// Parses the current line; answers where the next one begins, or nil when this one is not complete.
    private mutating func parseLine(
        _ bytes: UnsafeRawBufferPointer,
        _ method: RequestMethod
    ) throws(HTTPViolation) -> Int? {
        let start = self.lines.start
        guard start < bytes.count else { return nil }
        switch self.phase {
        case .statusLine:
            guard let line = try StatusLine.scan(bytes, from: start) else { return nil }
            self.head.status = line.status
            self.head.reason = line.reason
            self.head.minorVersion = line.minorVersion
            self.phase = .fields
            return line.next
        case .fields:
            guard bytes[start] == 0x0D else { return try self.parseField(bytes, from: start) }
            guard try LineEnd.isComplete(bytes, carriageReturnAt: start) else { return nil }
            self.head.blockLength = start &+ 2
            try self.finish(bytes, method)
            self.phase = .complete
            return start &+ 2
        case .complete:
            return nil
        }
    }

    private mutating func parseField(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int
    ) throws(HTTPViolation) -> Int? {
        guard self.head.fields.count < self.limits.headerCount else { throw .tooManyFields }
        guard var line = try FieldLine.scan(bytes, from: start, acceptsNextLine: true) else { return nil }
        // An odd name in a response forges nothing: clients do not fold names.
        line.field.isDropped = line.field.known.endsHere
        switch line.field.known {
        case .contentLength:
            try self.framing.addContentLength(bytes, line.field.value)
        case .transferEncoding:
            try self.framing.addTransferEncoding(bytes, line.field.value, minorVersion: self.head.minorVersion)
        case .connection:
            self.hasConnection = true
        default:
            break
        }
        if self.head.fields.capacity == 0 { self.head.fields.reserveCapacity(16) }
        self.head.fields.append(line.field)
        return line.next
    }

    private mutating func finish(
        _ bytes: UnsafeRawBufferPointer,
        _ method: RequestMethod
    ) throws(HTTPViolation) {
        var options = ConnectionOptions()
        if self.hasConnection {
            options = try ConnectionOptions(
                reading: bytes,
                marking: &self.head.fields,
                limit: self.limits.headerCount
            )
        }
        self.head.keepsAlive = options.persists(minorVersion: self.head.minorVersion)
        try self.decideFraming(method)
    }

    /// RFC 9112 section 6.3.
    private mutating func decideFraming(_ method: RequestMethod) throws(HTTPViolation) {
        let announcesBody = self.framing.isChunked || self.framing.length ?? 0 > 0
        switch self.head.status {
        case 101:
            self.head.framing = .none
            // Servers do announce bodies here; what follows is another protocol whatever they say.
            self.head.keepsAlive = false
        case 100...199:
            // Such a body would be read as the next head (RFC 9112 section 6.1, RFC 9110 section 8.6).
            guard !announcesBody else { throw .interimWithBody }
            self.head.framing = .none
        case 204:
            self.head.framing = .none
            // Never with a body. A server that announces one may also send it, so its connection is not trusted with another
            // exchange.
            if announcesBody { self.head.keepsAlive = false }
        case _ where method == .head, 304:
            self.head.framing = .none
            self.keepAnnouncedLength()
        default:
            if self.framing.isChunked {
                self.head.framing = .chunked
            } else if let length = self.framing.length {
                self.head.framing = .length(length)
            } else {
                self.head.framing = .untilClose
                self.head.keepsAlive = false
            }
        }
    }

    /// The length that a GET would have: here it is information for the client, not framing.
    private mutating func keepAnnouncedLength() {
        for index in self.head.fields.indices where self.head.fields[index].known == .contentLength {
            self.head.fields[index].isDropped = false
        }
    }
}
