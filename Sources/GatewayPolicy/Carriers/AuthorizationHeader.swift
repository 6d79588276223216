import GatewayMessage
import GatewaySettings

/// simplejwt's `AUTH_HEADER_NAME` and `AUTH_HEADER_TYPES`: which header line holds a token, and how it is written.
struct AuthorizationHeader: Sendable {
    /// Lower case.
    let name: [UInt8]
    private let foldedHash: UInt32
    private let foldedName: [UInt8]
    /// The scheme words, compared exactly: simplejwt does not take `bearer` for `Bearer`.
    private let types: [[UInt8]]
    /// `Authorization: Bearer `, for the line that normalizing emits.
    let linePrefix: [UInt8]

    init(_ settings: SimpleJWTSettings?) {
        let name = settings?.authHeaderName ?? "authorization"
        let types = settings?.authHeaderTypes ?? ["Bearer"]
        self.name = name.utf8.map(asciiLowercase)
        self.foldedHash = FoldedName.hash(of: name)
        self.foldedName = FoldedName.folded(name)
        self.types = types.map { Array($0.utf8) }
        self.linePrefix = Array("\(Self.capitalized(name)): \(types.first ?? "Bearer") ".utf8)
    }

    enum NameMatch { case none, exact, lookalike }

    /// Whether `match` is worth asking for: its answer is `.none` otherwise.
    func mayMatch(_ foldedHash: UInt32) -> Bool { foldedHash == self.foldedHash }

    /// A look-alike differs only in what some server folds away.
    func match(_ field: HeaderField, in bytes: RawSpan) -> NameMatch {
        guard field.foldedHash == self.foldedHash, field.name.count == self.name.count else { return .none }
        var match = NameMatch.exact
        for index in 0..<self.name.count {
            let byte = bytes.at(field.name.lowerBound + index)
            guard FoldedName.fold(byte) == self.foldedName[index] else { return .none }
            if asciiLowercase(byte) != self.name[index] { match = .lookalike }
        }
        return match
    }

    enum Reading: Equatable {
        /// Empty, or another scheme: to simplejwt the request is anonymous.
        case foreign
        /// One of our schemes and not exactly one word behind it.
        case malformed
        case token(ByteRange)
    }

    /// Splits the value as Python's `bytes.split()` does.
    func read(_ value: ByteRange, in bytes: RawSpan) -> Reading {
        let scheme = Self.word(from: value.lowerBound, to: value.upperBound, in: bytes)
        guard self.isType(scheme, in: bytes) else { return .foreign }
        let token = Self.word(from: scheme.upperBound, to: value.upperBound, in: bytes)
        let rest = Self.word(from: token.upperBound, to: value.upperBound, in: bytes)
        return token.isEmpty || !rest.isEmpty ? .malformed : .token(token)
    }

    private static func word(from start: Int, to end: Int, in bytes: RawSpan) -> ByteRange {
        var first = start
        while first < end, self.isBlank(bytes.at(first)) { first += 1 }
        var last = first
        while last < end {
            last = bytes.endOfWord(ByteRange(start: last, end: end))
            if last < end, self.isBlank(bytes.at(last)) { break }
            last = min(last + 1, end)
        }
        return ByteRange(start: first, end: last)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte <= 0x20 && (byte == 0x20 || (0x09...0x0D).contains(byte))
    }

    private func isType(_ word: ByteRange, in bytes: RawSpan) -> Bool {
        types: for type in self.types where type.count == word.count {
            for index in 0..<type.count where bytes.at(word.lowerBound + index) != type[index] { continue types }
            return !word.isEmpty
        }
        return false
    }

    /// `x-access-token` to `X-Access-Token`.
    private static func capitalized(_ name: String) -> String {
        name.split(separator: "-", omittingEmptySubsequences: false)
            .map { $0.prefix(1).uppercased() + $0.dropFirst() }
            .joined(separator: "-")
    }
}
