extension SimpleJWTSettings {
    /// Every setting of djangorestframework-simplejwt 5.5: enforced, translated, accepted with a notice, or refused.
    init(reading field: SettingsField) {
        self.init(location: field.location)
        field.readBlock { block in
            self.readKeys(&block)
            self.readTimes(&block)
            self.readHeader(&block)
            self.readClaims(&block)
            self.noteUnverifiable(&block)
            SimpleJWTForeignSettings.report(&block)
        }
    }

    private static let issuerHint = "what stands in iss, such as https://id.example.com"

    /// The settings that somebody else's tokens need too.
    init(issuer block: inout SettingsBlock) {
        self.init(location: block.location)
        self.readKeys(&block)
        self.readLeeway(&block)
        self.issuer = block.require("ISSUER", hint: Self.issuerHint)?.issuerValues(hint: Self.issuerHint)
        var untyped: SettingsField?
        self.readCommonClaims(&block) { untyped = $0 }
        if self.audience == nil {
            untyped?.notice(
                "neither type nor audience of these tokens is checked: one made for any other service opens everything",
                hint: "write AUDIENCE")
        }
    }

    private mutating func readTimes(_ block: inout SettingsBlock) {
        self.readLeeway(&block)
        block.read("ACCESS_TOKEN_LIFETIME", into: &self.accessTokenLifetime) {
            $0.pythonDuration(in: .milliseconds(1)...(.seconds(100 * 366 * 86_400)))
        }
    }

    private mutating func readLeeway(_ block: inout SettingsBlock) {
        block.read("LEEWAY", into: &self.leeway) { field in
            if field.isNull { return .zero }
            // More would accept tokens long after their end.
            return field.pythonDuration(in: .zero...(.seconds(300)))
        }
    }

    private mutating func readHeader(_ block: inout SettingsBlock) {
        block.read("AUTH_HEADER_TYPES", into: &self.authHeaderTypes) { field in
            field.list(of: "scheme words such as Bearer", orSingle: true) { $0.schemeWord() }
        }
        block.read("AUTH_HEADER_NAME", into: &self.authHeaderName) { $0.metaHeaderName() }
    }

    private mutating func readClaims(_ block: inout SettingsBlock) {
        block.read("ISSUER", into: &self.issuer) { $0.acceptedValues() }
        self.readCommonClaims(&block) { field in
            field.notice(
                "the type of tokens is not checked: a refresh token then opens everything an access token opens",
                hint: "leave TOKEN_TYPE_CLAIM out unless the backend says None as well"
            )
        }
        block.read("REVOKE_TOKEN_CLAIM", into: &self.revokeTokenClaim) { $0.text(expected: "a claim's name") }
    }

    private mutating func readCommonClaims(_ block: inout SettingsBlock, noteUntyped: (SettingsField) -> Void) {
        block.read("AUDIENCE", into: &self.audience) { $0.acceptedValues() }
        block.read("USER_ID_CLAIM", into: &self.userIDClaim) { $0.text(expected: "a claim's name") }
        block.read("AUTH_TOKEN_CLASSES", into: &self.tokenClasses) { field in
            field.list(of: "token classes", orSingle: true) { TokenClassSettings(reading: $0) }
        }
        block.read("TOKEN_TYPE_CLAIM", into: &self.tokenTypeClaim) { field in
            guard field.isNull else { return field.text(expected: "a claim's name").map { .some($0) } }
            noteUntyped(field)
            return .some(nil)
        }
        block.read("JTI_CLAIM", into: &self.jtiClaim) { field in
            guard field.isNull else { return field.text(expected: "a claim's name").map { .some($0) } }
            field.notice("tokens need no id, and cannot be revoked one by one")
            return .some(nil)
        }
    }

    private func noteUnverifiable(_ block: inout SettingsBlock) {
        if let field = block.take("CHECK_REVOKE_TOKEN"), field.boolean() == true {
            field.notice(
                "the gateway cannot compare \(self.revokeTokenClaim) with the user's password: tokens from before a password "
                    + "change pass here until they expire",
                hint: "the backend still has to check them"
            )
        }
        if let field = block.take("CHECK_USER_IS_ACTIVE"), field.boolean() == true {
            field.notice(
                "the gateway does not see the user table: tokens of deactivated users pass here until they expire",
                hint: "the backend still has to check users"
            )
        }
    }
}

extension SettingsField {
    /// A word that a header can begin with.
    fileprivate func schemeWord() -> String? {
        self.parsed(expected: "a scheme word such as Bearer") { (text) throws(ScalarProblem) in
            guard text.utf8.allSatisfy(HeaderNameRule.isToken) else {
                let isTuple = text.hasPrefix("(")
                let hint = isTuple ? "write a Python tuple as a list: [Bearer]" : "one word, such as Bearer"
                throw ScalarProblem("is not a scheme word", hint: hint)
            }
            return text
        }
    }

    /// `HTTP_X_ACCESS_TOKEN`, as Django's `META` names a header, becomes `x-access-token`.
    fileprivate func metaHeaderName() -> String? {
        self.parsed(expected: "a name such as HTTP_AUTHORIZATION") { (text) throws(ScalarProblem) in
            let isMeta = text.utf8.allSatisfy { $0 == 0x5F || ($0 >= 0x41 && $0 <= 0x5A) || ($0 >= 0x30 && $0 <= 0x39) }
            guard isMeta, text.hasPrefix("HTTP_"), text.utf8.count > 5, !text.hasSuffix("_"), !text.hasPrefix("HTTP__")
            else {
                let isHeader = text.utf8.allSatisfy(HeaderNameRule.isToken) && !text.hasPrefix("HTTP_")
                let name = Excerpt.clean(text.uppercased().replacing("-", with: "_"))
                throw ScalarProblem(
                    "names no client header",
                    hint: "as in Django's request.META: HTTP_AUTHORIZATION",
                    suggestion: isHeader ? "as in Django's request.META: HTTP_\(name)" : nil
                )
            }
            let name = text.dropFirst(5).lowercased().replacing("_", with: "-")
            if let objection = HeaderNameRule.objection(to: name) { throw objection }
            return name
        }
    }

    /// Nil inside for null: the claim is not looked at. Empty texts and lists would refuse every token.
    fileprivate func acceptedValues() -> Located<[String]>?? {
        if self.isNull { return .some(nil) }
        if self.items?.isEmpty == true || self.isBlank {
            self.report("this would refuse every token", hint: "leave it out, or write null, not to look at the claim")
            return nil
        }
        guard let values = self.list(of: "texts", orSingle: true, { $0.text() }) else { return nil }
        return .some(self.located(values))
    }

    /// For a claim that must be looked at.
    fileprivate func issuerValues(hint: String) -> Located<[String]>? {
        guard !self.isBlank else {
            self.report("is empty", hint: hint)
            return nil
        }
        return self.acceptedValues().flatMap { $0 }
    }
}

extension TokenClassSettings {
    private static let module = "rest_framework_simplejwt.tokens."

    /// A dotted path of simplejwt's own classes, or its last word.
    fileprivate init?(reading field: SettingsField) {
        guard let path = field.text(expected: "a token class") else { return nil }
        let name = path.hasPrefix(Self.module) ? String(path.dropFirst(Self.module.count)) : path
        switch name {
        case "AccessToken": self.init(name: name, type: "access")
        case "SlidingToken": self.init(name: name, type: "sliding")
        case "RefreshToken":
            field.notice(
                "refresh tokens will be accepted where access tokens are meant", hint: "the default is [AccessToken]")
            self.init(name: name, type: "refresh")
        case "UntypedToken":
            field.notice(
                "tokens of any type will be accepted, refresh tokens too", hint: "the default is [AccessToken]")
            self.init(name: name, type: nil)
        default:
            let known = ["AccessToken", "SlidingToken", "RefreshToken", "UntypedToken"]
            let last = path.split(separator: ".").last.map(String.init) ?? path
            let nearest = Suggestion.nearest(to: last, among: known).map { "did you mean \(Self.module)\($0)?" }
            let foreign = "a class of yours is not visible here: name the one of simplejwt's whose token_type it has"
            let hint = path.hasPrefix("(") ? "write a Python tuple as a list: [AccessToken]" : nearest ?? foreign
            field.report("\(field.quoted) is not a token class of simplejwt", hint: hint)
            return nil
        }
    }
}
