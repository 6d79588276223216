import GatewayMessage

/// A request line, taken apart where it lies (RFC 9112 section 3). Nothing in it is repaired: single spaces, CRLF,
/// HTTP/1.0 or HTTP/1.1, and a target in origin-form, or in absolute-form with an authority that must equal `Host`.
struct RequestLine {
    var method: RequestMethod
    var methodName: ByteRange
    var target: ByteRange
    var path: ByteRange
    var query: ByteRange?
    /// Of an absolute-form target.
    var authority: ByteRange?
    var minorVersion: UInt8
    /// Where the next line begins.
    var next: Int

    /// nil when `bytes` end before the line does and nothing in it is wrong so far.
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> RequestLine? {
        guard let methodEnd = try self.endOfMethod(bytes, from: start) else { return nil }
        guard let raw = try RawTarget.scan(bytes, from: methodEnd &+ 1) else { return nil }
        guard let minorVersion = try self.version(bytes, from: raw.end &+ 1) else { return nil }
        let methodName = ByteRange(start: start, end: methodEnd)
        let method = RequestMethod.named(bytes, methodName)
        // Tunnels are not ours to open, and TRACE echoes headers that scripts must not see.
        guard method != .connect, method != .trace else { throw .methodNotAllowed }
        let target = try raw.resolved(bytes)
        return RequestLine(
            method: method,
            methodName: methodName,
            target: ByteRange(start: target.pathStart, end: raw.end),
            path: ByteRange(start: target.pathStart, end: raw.pathEnd),
            query: raw.pathEnd < raw.end ? ByteRange(start: raw.pathEnd &+ 1, end: raw.end) : nil,
            authority: target.authority,
            minorVersion: minorVersion,
            next: raw.end &+ 11
        )
    }

    /// The space behind the method. Only capital letters, `-` and `_`, as nginx has it: Django turns the method into upper
    /// case, so that `trace` or `post` would pass here as methods nobody knows and arrive there as ones everybody does.
    private static func endOfMethod(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> Int? {
        var at = start
        while at < bytes.count, bytes[at] &- 0x41 < 26 || bytes[at] == 0x2D || bytes[at] == 0x5F { at &+= 1 }
        guard at < bytes.count else { return nil }
        if bytes[at] == 0x20, at > start { return at }
        let violation = LineEnd.violation(bytes, at: at, truncated: .badRequestLine, otherwise: .badMethod)
        guard let violation else { return nil }
        throw violation
    }

    /// `HTTP/1.0` or `HTTP/1.1` and the line's end; answers with the minor version.
    private static func version(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> UInt8? {
        let pattern: StaticString = "HTTP/0.0"
        for index in 0..<8 {
            guard start &+ index < bytes.count else { return nil }
            let byte = bytes[start &+ index]
            let expected = pattern.utf8Start[index]
            if byte == expected || expected == 0x30 && byte &- 0x30 < 10 { continue }
            let violation = LineEnd.violation(
                bytes,
                at: start &+ index,
                truncated: .badRequestLine,
                otherwise: .badVersion
            )
            guard let violation else { return nil }
            throw violation
        }
        let minor = bytes[start &+ 7] &- 0x30
        guard bytes[start &+ 5] == 0x31, minor < 2 else { throw .versionNotSupported }
        let end = start &+ 8
        guard end < bytes.count else { return nil }
        guard bytes[end] == 0x0D else { throw bytes[end] == 0x0A ? .bareLineFeed : .badRequestLine }
        return try LineEnd.isComplete(bytes, carriageReturnAt: end) ? minor : nil
    }
}

/// A request target whose bytes are known to be fit, its form not yet looked at.
private struct RawTarget {
    var start: Int
    /// The first `?`, or `end`.
    var pathEnd: Int
    /// The space behind the target.
    var end: Int

    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(HTTPViolation) -> RawTarget? {
        var at = ByteSearch.endOfPath(bytes, from: start)
        let pathEnd = at
        if at < bytes.count, bytes[at] == 0x3F { at = ByteSearch.endOfQuery(bytes, from: at &+ 1) }
        guard at < bytes.count else { return nil }
        switch bytes[at] {
        case 0x20:
            guard at > start else { throw .badRequestLine }
            return RawTarget(start: start, pathEnd: pathEnd, end: at)
        case 0x23: throw .fragmentInTarget
        case 0x5C: throw .backslashInPath
        default:
            let violation = LineEnd.violation(bytes, at: at, truncated: .badRequestLine, otherwise: .badTarget)
            guard let violation else { return nil }
            throw violation
        }
    }

    /// Origin-form or absolute-form. `*` and authority-form are for requests that a gateway does not serve, and an
    /// absolute-form target without a path has no bytes that could be forwarded.
    func resolved(
        _ bytes: UnsafeRawBufferPointer
    ) throws(HTTPViolation) -> (pathStart: Int, authority: ByteRange?) {
        if bytes[self.start] == 0x2F { return (self.start, nil) }
        let schemeEnd: Int
        if self.hasPrefix("http://", bytes) {
            schemeEnd = self.start &+ 7
        } else if self.hasPrefix("https://", bytes) {
            schemeEnd = self.start &+ 8
        } else {
            throw .targetNotOriginForm
        }
        var slash = schemeEnd
        while slash < self.pathEnd, bytes[slash] != 0x2F { slash &+= 1 }
        guard slash < self.pathEnd, slash > schemeEnd else { throw .targetNotOriginForm }
        return (slash, ByteRange(start: schemeEnd, end: slash))
    }

    private func hasPrefix(_ scheme: StaticString, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let end = self.start &+ scheme.utf8CodeUnitCount
        return end <= self.pathEnd && bytes.equalsIgnoringCase(ByteRange(start: self.start, end: end), scheme)
    }
}

extension RequestMethod {
    fileprivate static func named(_ bytes: UnsafeRawBufferPointer, _ name: ByteRange) -> RequestMethod {
        switch name.count {
        case 3: bytes.equals(name, "GET") ? .get : bytes.equals(name, "PUT") ? .put : .other
        case 4: bytes.equals(name, "POST") ? .post : bytes.equals(name, "HEAD") ? .head : .other
        case 5: bytes.equals(name, "PATCH") ? .patch : bytes.equals(name, "TRACE") ? .trace : .other
        case 6: bytes.equals(name, "DELETE") ? .delete : .other
        case 7: bytes.equals(name, "OPTIONS") ? .options : bytes.equals(name, "CONNECT") ? .connect : .other
        default: .other
        }
    }
}
