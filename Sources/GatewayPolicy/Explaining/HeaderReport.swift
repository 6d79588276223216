package import GatewayMessage

/// What becomes of a request's header lines on the way upstream. Of what clients send only names are told, and of what the
/// gateway adds no value that could open a door: no token, nothing constant that the file may hold for a secret.
package struct HeaderReport: Sendable {
    package enum Removal: String, Sendable {
        /// Hop by hop, or nominated by `Connection`.
        case oneHop = "one_hop"
        case underscore
        /// Only the gateway says that.
        case owned
        case token
        /// A server could take it for the token's header.
        case lookalike
        case extensions
        case route
    }

    package enum Source: String, Sendable {
        case claim, capture, token, forwarding, route
        case requestID = "request_id"
        case assertion
        /// Constant text of `identity`.
        case gateway
        /// What the client sent, without the token or what is not passed on.
        case rest
    }

    package struct Line: Sendable {
        package var name: String
        /// Nil: not shown.
        package var value: String?
        package var source: Source

        package init(name: String, value: String?, source: Source) {
            self.name = name
            self.value = value
            self.source = source
        }
    }

    package var removed: [(name: String, reason: Removal)] = []
    package var injected: [Line] = []
}

extension Policy {
    /// `received` is the head before it was judged, `forwarded` the same head after everything that changes it.
    package func headerReport(
        received: RequestHead,
        forwarded: RequestHead,
        bytes: RawSpan,
        _ admission: Admission
    ) -> HeaderReport {
        var report = HeaderReport()
        for (before, after) in zip(received.fields, forwarded.fields) where after.isDropped {
            report.removed.append((bytes.text(after.name), self.removal(before, on: admission.route, bytes: bytes)))
        }
        let lines = HeaderLines.read(admission.injected) + HeaderLines.read(admission.extraLines)
        for line in lines {
            let source = self.source(of: line.name)
            let isShown = (source == .claim || source == .capture) && !HeaderLines.isTokenLike(line.value)
            report.injected.append(
                HeaderReport.Line(name: line.name, value: isShown ? line.value : nil, source: source))
        }
        report.injected += HeaderLines.read(admission.route.requestLines).map {
            HeaderReport.Line(name: $0.name, value: nil, source: .route)
        }
        return report
    }

    private func removal(_ field: HeaderField, on route: RouteTerms, bytes: RawSpan) -> HeaderReport.Removal {
        if field.isDropped {
            return bytes.bytes(field.name).contains(UInt8(ascii: "_")) ? .underscore : .oneHop
        }
        switch field.known {
        case .secWebSocketExtensions: return .extensions
        case .secWebSocketProtocol: return .token
        case .cookie where route.readsCookies: return .token
        default: break
        }
        if self.owned.contains(bytes.text(field.name)) { return .owned }
        switch self.tokenHeader.match(field, in: bytes) {
        case .exact: return .token
        case .lookalike: return .lookalike
        case .none: return .route
        }
    }

    private func source(of name: String) -> HeaderReport.Source {
        if name.utf8.map(asciiLowercase) == self.tokenHeader.name { return .token }
        if let assertion = self.assertion, assertion.linePrefix == Array("\(name): ".utf8) { return .assertion }
        if name == "Cookie" { return .rest }
        return self.identity.source(of: name)
    }
}

/// Blocks of whole header lines that the gateway itself has written.
package enum HeaderLines {
    package static func read(_ block: [UInt8]) -> [(name: String, value: String)] {
        String(decoding: block, as: UTF8.self).split(separator: "\r\n").compactMap { line in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            return (String(line[..<colon]), String(line[line.index(after: colon)...].drop { $0 == " " }))
        }
    }

    /// A claim may hold another token.
    static func isTokenLike(_ value: String) -> Bool {
        value.contains("eyJ") && value.split(separator: ".", omittingEmptySubsequences: false).count > 2
    }
}
