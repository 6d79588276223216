import GatewaySettings
import GatewayTokens

/// The answers in the words of Django REST framework and simplejwt, byte for byte, for one policy's settings.
struct RefusalTexts: Sendable {
    /// The challenge names the first of AUTH_HEADER_TYPES. `Vary: Accept` because the framework negotiates its renderer.
    private let challengeLines: [UInt8]
    private let tokenClasses: [TokenClassSettings]

    init(_ settings: SimpleJWTSettings?) {
        let scheme = settings?.authHeaderTypes.first ?? "Bearer"
        self.challengeLines = Array("WWW-Authenticate: \(scheme) realm=\"api\"\r\nVary: Accept\r\n".utf8)
        self.tokenClasses = settings?.tokenClasses ?? []
    }

    func answer(to refusal: Refusal) -> RefusalAnswer {
        let reason = refusal.reason
        if let problem = reason.problem {
            var answer = RefusalAnswer.problem(
                status: reason.status,
                type: problem.type,
                title: problem.title,
                headerLines: reason.retryAfter
            )
            // RFC 9110 section 15.5.6: always there, also when it says that nothing is allowed.
            if reason == .methodNotAllowed { answer.headerLines += "Allow: ".utf8 + refusal.allow + "\r\n".utf8 }
            return answer
        }
        return RefusalAnswer(
            status: reason.status,
            headerLines: reason.status == 401 ? self.challengeLines : Array("Vary: Accept\r\n".utf8),
            content: .json(Array(self.body(of: reason).utf8))
        )
    }

    private func body(of reason: RejectionReason) -> String {
        switch reason {
        case .badAuthorizationHeader:
            #"{"detail":"Authorization header must contain two space-delimited values","#
                + #""code":"bad_authorization_header"}"#
        case .badSubprotocol:
            // Nor this: it never looks at sub-protocols.
            #"{"detail":"Sub-protocols must hold one token, and one that can be answered","#
                + #""code":"bad_authorization_header"}"#
        case .duplicateTokens:
            // Not one of the framework's texts: it never looks at two places. Its shape, so that clients can parse it.
            #"{"detail":"Request must carry exactly one token","code":"bad_authorization_header"}"#
        case .tokenNotValid(let rejection):
            self.tokenNotValid(rejection)
        case .noUserIdentification:
            #"{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}"#
        case .forbidden:
            #"{"detail":"You do not have permission to perform this action."}"#
        case .notAuthenticated, .badPath, .badHost, .noRoute, .methodNotAllowed, .addressNotAllowed, .originNotAllowed,
            .originMissing, .tooManySockets, .tooManyFailures, .badSession, .sessionInUse, .keysUnavailable:
            #"{"detail":"Authentication credentials were not provided."}"#
        }
    }

    /// One message per configured token class: simplejwt tries each and reports them all.
    private func tokenNotValid(_ rejection: TokenRejection) -> String {
        guard case .tokenNotValid(let message) = rejection.answer else {
            return self.body(of: .noUserIdentification(rejection))
        }
        var body = #"{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":["#
        for (index, tokenClass) in self.tokenClasses.enumerated() {
            body += index == 0 ? "{" : ",{"
            body += #""token_class":\#(jsonText(tokenClass.name)),"#
            body += #""token_type":\#(jsonText(tokenClass.type ?? "untyped")),"#
            body += #""message":\#(jsonText(message.rawValue))}"#
        }
        return body + "]}"
    }
}

extension RejectionReason {
    fileprivate var retryAfter: StaticString {
        switch self {
        case .keysUnavailable: "Retry-After: 5\r\n"
        case .tooManyFailures: "Retry-After: 1\r\n"
        default: ""
        }
    }
}

/// A JSON string literal; class names and types come from the settings file and may hold anything.
private func jsonText(_ text: String) -> String {
    let hex = Array("0123456789abcdef")
    var literal = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": literal += "\\\""
        case "\\": literal += "\\\\"
        case _ where scalar.value < 0x20:
            literal += "\\u00"
            literal.append(hex[Int(scalar.value >> 4)])
            literal.append(hex[Int(scalar.value & 15)])
        default: literal.unicodeScalars.append(scalar)
        }
    }
    return literal + "\""
}
