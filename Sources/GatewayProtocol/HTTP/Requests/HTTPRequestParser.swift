package import GatewayMessage
package import NIOCore

/// Finds and parses one request head at the front of a buffer, strictly (RFC 9110, RFC 9112; where they leave a choice,
/// the one that no server behind us can read differently).
///
/// Nothing is consumed: after `.complete` the block is `buffer.readerIndex ..< + head.blockLength`, and every range counts
/// from the reader index. Between two calls the buffer may only grow. A violation is final. One empty line before the
/// request line is passed over (RFC 9112 section 2.2); it then belongs to the block.
package struct HTTPRequestParser: Sendable {
    package var head = RequestHead()

    private let limits: HTTPLimits
    private var phase = Phase.start
    private var lines = LineCursor()
    private var framing = FramingFields()
    private var notes = Notes()
    /// The header line under the hand.
    private var field = HeaderField(name: .empty, value: .empty, known: .other, foldedHash: 0)

    private enum Phase: Sendable { case start, requestLine, fields, complete }

    /// What was seen on the way and matters once the head is complete.
    private struct Notes: Sendable {
        var authority: ByteRange?
        var hasConnection = false
        var hasUpgrade = false
        var wantsContinue = false
    }

    package init(limits: HTTPLimits) { self.limits = limits }

    /// Before the next request. Keeps the storage of the head's arrays.
    package mutating func reset() {
        // Moved out and back: a copy would share the storage, and emptying a shared array allocates another.
        var fields: [HeaderField] = []
        var cuts: [ByteRange] = []
        swap(&fields, &self.head.fields)
        swap(&cuts, &self.head.queryCuts)
        fields.removeAll(keepingCapacity: true)
        cuts.removeAll(keepingCapacity: true)
        self.head = RequestHead()
        self.head.fields = fields
        self.head.queryCuts = cuts
        self.phase = .start
        self.lines = LineCursor()
        self.framing = FramingFields()
        self.notes = Notes()
    }

    package mutating func parse(_ buffer: ByteBuffer) throws(HTTPViolation) -> HeadProgress {
        try buffer.withUnsafeReadableBytes { (bytes) throws(HTTPViolation) -> HeadProgress in
            try self.parse(bytes)
        }
    }

    private mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> HeadProgress {
        switch self.phase {
        case .start, .requestLine:
            guard try self.parseStart(bytes), try self.parseFields(bytes) else { return .needsMore }
        case .fields:
            guard try self.parseFields(bytes) else { return .needsMore }
        case .complete:
            break
        }
        return .complete
    }

    /// Whether the request line is complete.
    private mutating func parseStart(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Bool {
        let (lineLimit, blockLimit) = (self.limits.requestLine, self.limits.headerBlock)
        while self.phase != .fields {
            guard let window = self.lines.window(bytes, lineLimit: lineLimit, blockLimit: blockLimit) else {
                return false
            }
            guard let next = try self.parseStartLine(window) else {
                try self.lines.ranOut(
                    bytes, lineLimit: lineLimit, blockLimit: blockLimit, tooLong: .requestLineTooLong)
                return false
            }
            self.lines.advance(to: next)
        }
        return true
    }

    /// Parses the request line, or the empty line before it; answers where the next line begins, or nil when this one is not
    /// complete.
    private mutating func parseStartLine(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Int? {
        let start = self.lines.start
        guard start < bytes.count else { return nil }
        if self.phase == .start, bytes[start] == 0x0D {
            guard try LineEnd.isComplete(bytes, carriageReturnAt: start) else { return nil }
            self.phase = .requestLine
            return start &+ 2
        }
        self.phase = .requestLine
        guard let line = try RequestLine.scan(bytes, from: start) else { return nil }
        self.take(line)
        self.phase = .fields
        return line.next
    }

    /// Whether the head is complete.
    private mutating func parseFields(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Bool {
        let (lineLimit, blockLimit) = (self.limits.headerLine, self.limits.headerBlock)
        if self.head.fields.capacity == 0 { self.head.fields.reserveCapacity(16) }
        while let window = self.lines.window(bytes, lineLimit: lineLimit, blockLimit: blockLimit) {
            guard let next = try self.parseField(window) else {
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
    private mutating func parseField(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) -> Int? {
        let start = self.lines.start
        guard start < bytes.count else { return nil }
        guard bytes[start] != 0x0D else { return try self.parseEnd(bytes, from: start) }
        guard self.head.fields.count < self.limits.headerCount else { throw .tooManyFields }
        let next = try FieldLine.scan(bytes, from: start, acceptsNextLine: false, into: &self.field)
        guard let next else { return nil }
        if case .other = self.field.known {} else { try self.note(bytes) }
        self.head.fields.append(self.field)
        return next
    }

    private mutating func parseEnd(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int
    ) throws(HTTPViolation) -> Int? {
        guard try LineEnd.isComplete(bytes, carriageReturnAt: start) else { return nil }
        self.head.blockLength = start &+ 2
        try self.finish(bytes)
        self.phase = .complete
        return start &+ 2
    }

    private mutating func take(_ line: RequestLine) {
        self.head.method = line.method
        self.head.methodName = line.methodName
        self.head.target = line.target
        self.head.path = line.path
        self.head.query = line.query
        self.head.minorVersion = line.minorVersion
        self.notes.authority = line.authority
    }

    private mutating func note(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) {
        let value = self.field.value
        switch self.field.known {
        case .host:
            guard self.head.host == nil else { throw .duplicateHost }
            guard Authority.isValid(bytes, value) else { throw .badHost }
            self.head.host = value
        case .contentLength:
            try self.framing.addContentLength(bytes, value)
        case .transferEncoding:
            try self.framing.addTransferEncoding(bytes, value, minorVersion: self.head.minorVersion)
        case .connection:
            self.notes.hasConnection = true
        case .upgrade:
            self.notes.hasUpgrade = true
        case .expect:
            // RFC 9110 section 10.1.1 knows one expectation; what we cannot meet we say so.
            guard bytes.equalsIgnoringCase(value, "100-continue") else { throw .unknownExpectation }
            self.notes.wantsContinue = true
        default:
            break
        }
        self.field.isDropped = self.field.known.endsHere
    }

    private mutating func finish(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) {
        if self.head.host == nil, self.head.minorVersion > 0 { throw .missingHost }
        if let authority = self.notes.authority {
            guard let host = self.head.host, bytes.equalsIgnoringCase(authority, host) else {
                throw .authorityDiffersFromHost
            }
        }
        var options = ConnectionOptions()
        if self.notes.hasConnection {
            options = try ConnectionOptions(
                reading: bytes,
                marking: &self.head.fields,
                limit: self.limits.headerCount
            )
        }
        self.head.keepsAlive = options.persists(minorVersion: self.head.minorVersion)
        self.head.framing = self.framing.isChunked ? .chunked : self.framing.length.map { .length($0) } ?? .none
        if self.notes.hasUpgrade, options.upgrades { try self.noteUpgrade(bytes) }
        // A client of HTTP/1.0 cannot read the interim answer (RFC 9110 section 10.1.1), and without a body none is due.
        self.head.expectsContinue = self.notes.wantsContinue && self.head.minorVersion > 0 && self.hasBody
    }

    private var hasBody: Bool { self.framing.isChunked || self.framing.length ?? 0 > 0 }

    private mutating func noteUpgrade(_ bytes: UnsafeRawBufferPointer) throws(HTTPViolation) {
        // RFC 9110 section 7.8: a server ignores Upgrade in HTTP/1.0.
        guard self.head.minorVersion > 0 else { return }
        // Whatever the method: the handshake's check refuses all but GET, instead of serving what cannot have been meant.
        guard self.offersWebSocket(bytes) else {
            self.head.upgrade = .other
            return
        }
        // Body bytes of a handshake would come out behind the 101 as if they were frames.
        guard !self.hasBody else { throw .upgradeWithBody }
        self.head.framing = .none
        self.head.upgrade = .webSocket
    }

    private func offersWebSocket(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for field in self.head.fields {
            guard case .upgrade = field.known else { continue }
            var protocols = ListElements(bytes, field.value)
            while let name = protocols.next() {
                if bytes.equalsIgnoringCase(name, "websocket") { return true }
            }
        }
        return false
    }
}
