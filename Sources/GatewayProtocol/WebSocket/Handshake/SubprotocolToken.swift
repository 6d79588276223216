package import GatewayMessage

/// A token that a client offers among its sub-protocols, the only words that a page can put into a handshake.
package struct SubprotocolToken: Sendable, Equatable {
    package enum Form: Sendable, Equatable {
        /// Two entries: `bearer, <token>`.
        case pair
        /// `bearer.<token>`
        case dotted
        /// `base64url.bearer.authorization.k8s.io.<base64url of the token>`, as Kubernetes' API server takes it.
        case kubernetes
    }

    package let form: Form
    /// The token, or its base64url, in the request's block.
    package let value: ByteRange
    /// The whole entry that holds it.
    package let entry: ByteRange
    /// The entry `bearer` before it, in the pair form.
    package let marker: ByteRange?

    /// Whether `value` is base64url without padding rather than the token itself.
    package var isBase64URL: Bool { self.form == .kubernetes }
}

/// What a handshake's offer has of tokens.
package enum SubprotocolFinding: Sendable, Equatable {
    case none
    case token(SubprotocolToken)
    /// More than one, the same or not: servers differ in which they would take.
    case several
    /// `bearer` or a prefix with nothing behind it.
    case incomplete
    /// Kubernetes' form with no other sub-protocol: nothing would be left to answer with, and the form's own rule is to
    /// refuse that. The other forms pass: `bearer` is an answer, and who writes `bearer.<token>` alone is no browser, for
    /// Chromium gives up a handshake in which it offered something and got nothing.
    case alone
}

/// Tells entries of an offer apart, one after the other.
struct SubprotocolEntries {
    enum Kind: Equatable {
        case plain
        /// `bearer`: the entry behind it is a token, whatever it looks like.
        case marker
        case token(SubprotocolToken.Form, prefix: Int)
    }

    private var followsMarker = false

    /// `entry` of `bytes` comes next.
    mutating func kind(of entry: ByteRange, in bytes: RawSpan) -> Kind {
        let kind = self.followsMarker ? .token(.pair, prefix: 0) : Self.kind(of: entry, bytes)
        self.followsMarker = kind == .marker
        return kind
    }

    private static func kind(of entry: ByteRange, _ bytes: RawSpan) -> Kind {
        if bytes.equalsIgnoringCase(entry, "bearer") { return .marker }
        let dotted: StaticString = "bearer."
        if bytes.equalsIgnoringCase(self.prefix(of: entry, dotted), dotted) {
            return .token(.dotted, prefix: dotted.utf8CodeUnitCount)
        }
        let kubernetes: StaticString = "base64url.bearer.authorization.k8s.io."
        if bytes.equals(self.prefix(of: entry, kubernetes), kubernetes) {
            return .token(.kubernetes, prefix: kubernetes.utf8CodeUnitCount)
        }
        return .plain
    }

    private static func prefix(of entry: ByteRange, _ prefix: StaticString) -> ByteRange {
        let end = min(entry.upperBound, entry.lowerBound + prefix.utf8CodeUnitCount)
        return ByteRange(start: entry.lowerBound, end: end)
    }
}
