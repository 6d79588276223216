import GatewayMessage

/// What a route's pattern captured of one request's path, decoded once as for matching: only what the route's claim rules and
/// the identity headers ask for.
package struct RouteCaptures: Sendable {
    package static let none = RouteCaptures()

    private var values: [(name: String, text: String)] = []

    package var isEmpty: Bool { self.values.isEmpty }

    /// Nil for a group that took no part.
    package func text(of name: String) -> String? {
        for value in self.values where value.name == name { return value.text }
        return nil
    }

    mutating func add(_ name: String, _ text: String) { self.values.append((name, text)) }
}

extension Gatekeeper {
    /// The matcher follows the groups as Python would, in one pass over the path.
    func captures(
        of route: RouteTerms,
        _ head: borrowing RequestHead,
        bytes: RawSpan,
        isWebSocket: Bool
    ) -> RouteCaptures {
        if self.path.isVerbatim {
            return self.captures(of: route, bytes.extracting(head.path.range), isWebSocket: isWebSocket)
        }
        let decoded = self.path.decoded
        return self.captures(of: route, decoded.span.bytes, isWebSocket: isWebSocket)
    }

    private func captures(of route: RouteTerms, _ path: RawSpan, isWebSocket: Bool) -> RouteCaptures {
        let rest = path.extracting(Self.startOfMatched(path, isWebSocket: isWebSocket)..<path.byteCount)
        let program = self.policy.patterns[route.index].program
        guard self.matcher.matches(program, rest, capturing: true) else { return .none }
        var captures = RouteCaptures()
        let offsets = self.matcher.captures
        for group in program.groupNames where route.captureNames.contains(group.name) {
            let (start, end) = (offsets[2 * group.index], offsets[2 * group.index + 1])
            guard start >= 0, end >= start, end <= rest.byteCount else { continue }
            let text = rest.extracting(start..<end).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            captures.add(group.name, text)
        }
        return captures
    }
}
