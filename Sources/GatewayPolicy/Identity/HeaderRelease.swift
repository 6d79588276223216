import GatewayMessage
import GatewaySettings

/// Which owned names an operator may give back to clients, and which never: what the gateway itself says under them would
/// stand beside a client's lie.
enum HeaderRelease {
    static func check(_ name: String, identity: [IdentityHeaderSettings]) throws(PatternProblem) {
        let folded = FoldedName.folded(name)
        guard !identity.contains(where: { FoldedName.folded($0.header.value) == folded }) else {
            throw PatternProblem("“\(name)” is one of the identity headers: clients must never send it", hint: nil)
        }
        guard !self.isGatewaysOwn(folded) else {
            throw PatternProblem("“\(name)” is sent by the gateway itself: clients must never send it", hint: nil)
        }
        guard OwnedHeaders.fixedNames.contains(where: { FoldedName.folded($0) == folded }) else {
            throw PatternProblem(
                "the gateway does not remove “\(name)”, so there is nothing to release",
                hint: self.nearest(to: name).map { "did you mean “\($0)”?" }
            )
        }
    }

    private static func isGatewaysOwn(_ folded: [UInt8]) -> Bool {
        folded.starts(with: "x-forwarded-".utf8) || folded == Array("forwarded".utf8)
            || folded == Array("x-request-id".utf8)
    }

    private static func nearest(to name: String) -> String? {
        let releasable = OwnedHeaders.fixedNames.filter { !self.isGatewaysOwn(FoldedName.folded($0)) }
        return Suggestion.nearest(to: name, among: releasable)
    }
}
