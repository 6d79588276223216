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
                hint: self.nearest(to: name.lowercased()).map { "did you mean “\($0)”?" }
            )
        }
    }

    private static func isGatewaysOwn(_ folded: [UInt8]) -> Bool {
        folded.starts(with: "x-forwarded-".utf8) || folded == Array("forwarded".utf8)
            || folded == Array("x-request-id".utf8)
    }

    private static func nearest(to name: String) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in OwnedHeaders.fixedNames where !self.isGatewaysOwn(FoldedName.folded(candidate)) {
            let distance = self.distance(Array(name.utf8), Array(candidate.utf8))
            if distance <= 3, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions and replacements that turn one word into the other.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var previous = Array(0...b.count)
        for (i, byte) in a.enumerated() {
            var current = [i + 1]
            for (j, other) in b.enumerated() {
                current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (byte == other ? 0 : 1)))
            }
            previous = current
        }
        return previous[b.count]
    }
}
