extension CORSSettings {
    init?(reading block: inout SettingsBlock) {
        let hint = "write origins: [\"https://app.example.com\"]"
        let origins = block.require("origins", hint: hint)?.corsOrigins()
        var reading = CORSSettings(origins: origins ?? [])
        block.read("methods", into: &reading.methods) { $0.requestMethods()?.map(\.value) }
        block.read("headers", into: &reading.headers) { field in
            field.corsHeaders { CORSHeaderRule.objection(toRequest: $0) }
        }
        block.read("exposed_headers", into: &reading.exposedHeaders) { field in
            field.corsHeaders { CORSHeaderRule.objection(toResponse: $0) }
        }
        block.read("credentials", into: &reading.credentials) { $0.boolean() }
        block.read("max_age", into: &reading.maxAge) { $0.wholeSeconds(upTo: .seconds(30 * 86_400)) }
        guard origins != nil else { return nil }
        reading.reportCredentials(block.field.context)
        self = reading
    }

    /// What only goes without cookies.
    private func reportCredentials(_ context: ReadingContext) {
        guard self.credentials else { return }
        for origin in self.origins {
            if origin.value == "*" {
                context.report(
                    "`*` cannot stand with credentials: true, which browsers refuse", at: origin.location,
                    hint: "list the origins")
            } else if origin.value == "null" {
                context.notice(
                    "any page can make itself this origin, and acts with the user's cookies then", at: origin.location)
            }
        }
    }
}

/// Which header names make sense in preflights and in `exposed_headers`.
private enum CORSHeaderRule {
    /// Fetch standard, "forbidden request-header".
    private static let forbidden: Set<String> = [
        "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
        "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
        "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via",
    ]

    static func objection(toRequest name: String) -> ScalarProblem? {
        if let objection = self.objection(toBoth: name) { return objection }
        let isForbidden = self.forbidden.contains(name) || name.hasPrefix("proxy-") || name.hasPrefix("sec-")
        return isForbidden ? ScalarProblem("is a header that scripts cannot set", hint: "delete it") : nil
    }

    static func objection(toResponse name: String) -> ScalarProblem? {
        if let objection = self.objection(toBoth: name) { return objection }
        guard name == "set-cookie" || name == "set-cookie2" else { return nil }
        return ScalarProblem("is a header that scripts never see", hint: "delete it")
    }

    private static func objection(toBoth name: String) -> ScalarProblem? {
        // Browsers read it as a name when cookies are involved, and it never covers Authorization.
        if name == "*" { return ScalarProblem("is no header name", hint: "list the names") }
        return HeaderNameRule.objection(toForm: name)
    }
}

extension SettingsField {
    fileprivate func corsOrigins() -> [Located<String>]? {
        let origins = self.distinctList(of: "origins such as \"https://app.example.com\"") { item -> String? in
            if item.isNull {
                item.reportMismatch(expected: "an origin", hint: "the origin null is written in quotes: \"null\"")
                return nil
            }
            return item.parsed(expected: "an origin such as https://app.example.com") { (text) throws(ScalarProblem) in
                text == "*" ? text : try OriginText.parse(text)
            }
        }
        if let origins, origins.count > 1, let star = origins.first(where: { $0.value == "*" }) {
            self.context.report(
                "`*` is every origin and stands alone", at: star.location, hint: "delete it, or the others")
        }
        return origins
    }

    /// In lower case.
    fileprivate func corsHeaders(_ objection: (String) -> ScalarProblem?) -> [String]? {
        self.distinctList(of: "header names", mayBeEmpty: true) { item in
            item.parsed(expected: "a header name") { (text) throws(ScalarProblem) in
                let name = text.lowercased()
                if let objection = objection(name) { throw objection }
                return name
            }
        }?.map(\.value)
    }

    func requestMethods() -> [Located<String>]? {
        self.distinctList(of: "methods such as GET") { item in
            let method = item.parsed(expected: "a method such as GET") { (text) throws(ScalarProblem) in
                try MethodText.parse(text)
            }
            if let method, let common = MethodText.likelyTypo(method) {
                item.notice("\(item.quoted) is no registered method", hint: "did you mean \(common)?")
            }
            return method
        }
    }

    fileprivate func wholeSeconds(upTo longest: Duration) -> Duration? {
        guard let duration = self.duration(in: .zero...longest) else { return nil }
        guard duration.components.attoseconds == 0 else {
            self.report("\(self.quoted) is not in whole seconds", hint: "write at least 1s, or 0s")
            return nil
        }
        return duration
    }
}
