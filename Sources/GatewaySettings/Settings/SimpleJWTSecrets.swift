/// The keys of `SIMPLE_JWT`, kept apart so that printing or dumping settings never shows them.
struct SimpleJWTSecrets: Sendable {
    var signingKey: Located<String>?
    var verifyingKey: Located<String>?
}

extension SimpleJWTSecrets: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "(keys not shown)" }
    var debugDescription: String { self.description }
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
