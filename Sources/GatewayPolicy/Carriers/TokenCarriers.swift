import GatewayMessage
import GatewayTokens

/// Finds the one token of a request, or says why there is not exactly one. Owns the bytes of tokens that had to be
/// decoded; one per worker.
struct TokenCarriers {
    /// A token's place: in the request's block, or among the decoded bytes.
    struct Location {
        var range: ByteRange
        var isDecoded: Bool
    }

    enum Finding {
        case none
        case token(Location)
        /// In a cookie, which browsers send whether the page that makes them means it or not.
        case cookie(Location)
        case badAuthorizationHeader
        case badSubprotocol(StaticString)
        case duplicates
    }

    private(set) var decoded: [UInt8] = []
    let header: AuthorizationHeader
    let query: QueryToken

    init(header: AuthorizationHeader, query: QueryToken) {
        self.header = header
        self.query = query
        self.decoded.reserveCapacity(1024)
    }

    /// Also marks look-alikes of the token header, which some server could take for it, as dropped.
    ///
    /// Several of header, query and sub-protocol must carry the same token. A cookie counts when there is no other.
    mutating func find(
        _ sources: TokenSources,
        cookie: CookieToken? = nil,
        offered: OfferedToken = .none,
        in head: inout RequestHead,
        bytes: RawSpan
    ) -> Finding {
        var found = Finding.none
        if !self.decoded.isEmpty { self.decoded.removeAll(keepingCapacity: true) }
        if sources.contains(.header) { found = self.findInHeader(&head, bytes: bytes) }
        if found.isOpen, sources.contains(.query), let query = head.query {
            self.findInQuery(query, bytes: bytes, &found)
        }
        if found.isOpen, sources.contains(.subprotocol) { self.findInOffer(offered, bytes: bytes, &found) }
        if case .none = found, sources.contains(.cookie), let cookie {
            found = self.findInCookies(cookie, head, bytes: bytes)
        }
        return found
    }

    /// The same token in several lines is one token; anything else in several lines is refused, for the servers behind
    /// read the first, the last or all of them joined.
    private func findInHeader(_ head: inout RequestHead, bytes: RawSpan) -> Finding {
        var first: AuthorizationHeader.Reading?
        for index in head.fields.indices where self.header.mayMatch(head.fields[index].foldedHash) {
            guard !head.fields[index].isDropped else { continue }
            switch self.header.match(head.fields[index], in: bytes) {
            case .none: continue
            case .lookalike: head.fields[index].isDropped = true
            case .exact:
                let reading = self.header.read(head.fields[index].value, in: bytes)
                guard let earlier = first else {
                    first = reading
                    continue
                }
                guard case .token(let old) = earlier, case .token(let new) = reading,
                    self.isSame(Location(range: old, isDecoded: false), Location(range: new, isDecoded: false), bytes)
                else { return .duplicates }
            }
        }
        switch first {
        case nil, .foreign: return .none
        case .malformed: return .badAuthorizationHeader
        case .token(let range): return .token(Location(range: range, isDecoded: false))
        }
    }

    /// `?token=` with nothing behind it is no token, unless there is another one beside it.
    private mutating func findInQuery(_ query: ByteRange, bytes: RawSpan, _ found: inout Finding) {
        var hasEmpty = false
        var count = 0
        var offset = query.lowerBound
        while let pair = self.query.next(in: query, from: offset, bytes: bytes) {
            offset = pair.whole.upperBound + 1
            count += 1
            let location = self.decode(pair.value, in: bytes)
            if location.range.isEmpty { hasEmpty = true } else { self.add(location, to: &found, bytes) }
            guard found.isOpen else { return }
        }
        if hasEmpty, count > 1, case .token = found { found = .duplicates }
    }

    private mutating func findInOffer(_ offered: OfferedToken, bytes: RawSpan, _ found: inout Finding) {
        switch offered {
        case .none: break
        case .several: found = .duplicates
        case .incomplete: found = .badSubprotocol("a sub-protocol announces a token, and there is none")
        case .alone: found = .badSubprotocol("the token is the only sub-protocol, there is none to answer with")
        case .token(let range, isBase64URL: false):
            self.add(Location(range: range, isDecoded: false), to: &found, bytes)
        case .token(let range, isBase64URL: true):
            guard let token = Base64URL.decode(bytes, range.range) else {
                return found = .badSubprotocol("the token among the sub-protocols is not base64url")
            }
            let start = self.decoded.count
            self.decoded += token
            self.add(
                Location(range: ByteRange(start: start, end: self.decoded.count), isDecoded: true), to: &found, bytes)
        }
    }

    /// Browsers keep cookies of one name for several paths and domains, and a subdomain can plant one beside ours. Which of
    /// them a server takes depends on the server, so there must be one token.
    private func findInCookies(_ cookie: CookieToken, _ head: borrowing RequestHead, bytes: RawSpan) -> Finding {
        var found = Finding.none
        var hasEmpty = false
        for field in head.fields where CookieToken.isLine(field) {
            var offset = field.value.lowerBound
            while let pair = cookie.next(in: field.value, from: offset, bytes: bytes) {
                offset = pair.whole.upperBound + 1
                // What is left of a cookie that was cleared.
                if pair.value.isEmpty {
                    hasEmpty = true
                } else {
                    self.add(Location(range: pair.value, isDecoded: false), to: &found, bytes)
                }
                guard found.isOpen else { return found }
            }
        }
        guard case .token(let location) = found else { return found }
        return hasEmpty ? .duplicates : .cookie(location)
    }

    /// The same token again is one token; another makes it too many.
    private func add(_ location: Location, to found: inout Finding, _ bytes: RawSpan) {
        guard case .token(let earlier) = found else { return found = .token(location) }
        if !self.isSame(earlier, location, bytes) { found = .duplicates }
    }

    private mutating func decode(_ value: ByteRange, in bytes: RawSpan) -> Location {
        var isPlain = true
        for offset in value.range where bytes.at(offset) == .percent || bytes.at(offset) == UInt8(ascii: "+") {
            isPlain = false
            break
        }
        if isPlain { return Location(range: value, isDecoded: false) }
        let start = self.decoded.count
        var offset = value.lowerBound
        while offset < value.upperBound {
            let (byte, length) = QueryToken.decoded(at: offset, before: value.upperBound, in: bytes)
            self.decoded.append(byte)
            offset += length
        }
        return Location(range: ByteRange(start: start, end: self.decoded.count), isDecoded: true)
    }

    private func isSame(_ left: Location, _ right: Location, _ bytes: RawSpan) -> Bool {
        guard left.range.count == right.range.count else { return false }
        for index in 0..<left.range.count
        where self.byte(index, of: left, bytes) != self.byte(index, of: right, bytes) { return false }
        return true
    }

    private func byte(_ index: Int, of location: Location, _ bytes: RawSpan) -> UInt8 {
        let offset = location.range.lowerBound + index
        return location.isDecoded ? self.decoded[offset] : bytes.at(offset)
    }

    // MARK: Forwarding

    /// Takes the verified token out of what is forwarded. With `all`, every line of the token header goes, for one of ours
    /// takes its place; otherwise another scheme's line stays, it is not a token of ours.
    ///
    /// Mutating so that its owner lends it instead of copying it.
    mutating func remove(_ sources: TokenSources, all: Bool, from head: inout RequestHead, bytes: RawSpan) {
        for index in head.fields.indices where self.header.mayMatch(head.fields[index].foldedHash) {
            guard !head.fields[index].isDropped, self.header.match(head.fields[index], in: bytes) != .none else {
                continue
            }
            if all || self.isOurs(head.fields[index], sources, bytes) { head.fields[index].isDropped = true }
        }
        if sources.contains(.query) { self.query.cut(from: &head, bytes: bytes) }
    }

    private func isOurs(_ field: HeaderField, _ sources: TokenSources, _ bytes: RawSpan) -> Bool {
        sources.contains(.header) && self.header.read(field.value, in: bytes) != .foreign
    }
}

extension TokenCarriers.Finding {
    /// Whether another carrier can still add to it.
    fileprivate var isOpen: Bool {
        switch self {
        case .none, .token: true
        case .cookie, .badAuthorizationHeader, .badSubprotocol, .duplicates: false
        }
    }
}
