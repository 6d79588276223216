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
    /// The header line under the hand.
    private var field = HeaderField(name: .empty, value: .empty, known: .other, foldedHash: 0)

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
        switch self.phase {
        case .statusLine:
            guard try self.parseStatusLine(bytes), try self.parseFields(bytes, method) else { return .needsMore }
        case .fields:
            guard try self.parseFields(bytes, method) else { return .needsMore }
        case .complete:
            break
        }
        return .complete
    }

    /// Whether the status line is complete.
    private mutating func parseStatusLine(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Bool {
        let (lineLimit, blockLimit) = (self.limits.requestLine, self.limits.headerBlock)
        guard let window = self.lines.window(bytes, lineLimit: lineLimit, blockLimit: blockLimit) else { return false }
        guard let line = try StatusLine.scan(window, from: self.lines.start) else {
            try self.lines.ranOut(bytes, lineLimit: lineLimit, blockLimit: blockLimit, tooLong: .badStatusLine)
            return false
        }
        self.head.status = line.status
        self.head.reason = line.reason
        self.head.minorVersion = line.minorVersion
        self.phase = .fields
        self.lines.advance(to: line.next)
        return true
    }

    /// Whether the head is complete.
    private mutating func parseFields(
        _ bytes: UnsafeRawBufferPointer,
        _ method: RequestMethod
    ) throws(HTTPViolation) -> Bool {
        let (lineLimit, blockLimit) = (self.limits.headerLine, self.limits.headerBlock)
        if self.head.fields.capacity == 0 { self.head.fields.reserveCapacity(16) }
        while let window = self.lines.window(bytes, lineLimit: lineLimit, blockLimit: blockLimit) {
            guard let next = try self.parseField(window, method) else {
                try self.lines.ranOut(bytes, lineLimit: lineLimit, blockLimit: blockLimit, tooLong: .headerLineTooLong)
                return false
            }
            self.lines.advance(to: next)
            if self.phase == .complete { return true }
        }
        return false
    }

    /// Parses a header line, or the empty line that ends the head; answers where the next line begins, or nil when this one is
    /// not complete.
    @inline(__always)
    private mutating func parseField(
        _ bytes: UnsafeRawBufferPointer,
        _ method: RequestMethod
    ) throws(HTTPViolation) -> Int? {
        let start = self.lines.start
        guard start < bytes.count else { return nil }
        guard bytes[start] != 0x0D else {
            guard try LineEnd.isComplete(bytes, carriageReturnAt: start) else { return nil }
            self.head.blockLength = start &+ 2
            try self.finish(bytes, method)
            self.phase = .complete
            return start &+ 2
        }
        guard self.head.fields.count < self.limits.headerCount else { throw .tooManyFields }
        let next = try FieldLine.scan(bytes, from: start, acceptsNextLine: true, into: &self.field)
        guard let next else { return nil }
        // An odd name in a response forges nothing: clients do not fold names.
        self.field.isDropped = false
        if case .other = self.field.known {} else { try self.note(bytes) }
        self.head.fields.append(self.field)
        return next
    }

    private mutating func note(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) {
        switch self.field.known {
        case .contentLength:
            try self.framing.addContentLength(bytes, self.field.value)
        case .transferEncoding:
            try self.framing.addTransferEncoding(bytes, self.field.value, minorVersion: self.head.minorVersion)
        case .connection:
            self.hasConnection = true
        default:
            break
        }
        self.field.isDropped = self.field.known.endsHere
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
