import GatewayMessage
import GatewaySettings
import GatewayTokens
import Testing

@testable import GatewayPolicy

@Suite struct RefusalTests {
    private static func gateway(_ simpleJWT: String = "") throws -> TestGateway {
        try TestGateway(routes: "  - {path: '', upstream: chat, auth: required}", simpleJWT: simpleJWT)
    }

    private static func answer(_ reason: RejectionReason, _ simpleJWT: String = "") throws -> RefusalAnswer {
        try self.gateway(simpleJWT).policy.answer(to: Refusal(route: nil, reason: reason, logDetail: ""))
    }

    private static func notValid(_ message: String) -> String {
        #"{"detail":"Given token not valid for any token type","code":"token_not_valid","messages":["#
            + #"{"token_class":"AccessToken","token_type":"access","message":"\#(message)"}]}"#
    }

    @Test(
        arguments: [
            (.notAuthenticated, #"{"detail":"Authentication credentials were not provided."}"#),
            (
                .badAuthorizationHeader,
                #"{"detail":"Authorization header must contain two space-delimited values","code":"bad_authorization_header"}"#
            ),
            (.tokenNotValid(TokenRejection(.badSignature)), notValid("Token is invalid")),
            (.tokenNotValid(TokenRejection(.expired)), notValid("Token is expired")),
            (.tokenNotValid(TokenRejection(.wrongType)), notValid("Token has wrong type")),
            (.tokenNotValid(TokenRejection(.noType)), notValid("Token has no type")),
            (.tokenNotValid(TokenRejection(.noID)), notValid("Token has no id")),
            (.tokenNotValid(TokenRejection(.noExpiry)), notValid("Token has no 'exp' claim")),
            (
                .badSubprotocol,
                #"{"detail":"Sub-protocols must hold one token, and one that can be answered","code":"bad_authorization_header"}"#
            ),
            (
                .noUserIdentification(TokenRejection(.noUserID)),
                #"{"detail":"Token contained no recognizable user identification","code":"token_not_valid"}"#
            ),
        ] as [(RejectionReason, String)]
    )
    func tokenRefusal_isSimpleJWTsAnswer_toTheByte(reason: RejectionReason, body: String) throws {
        let answer = try Self.answer(reason)
        #expect(answer.status == 401)
        let written = answer.body(.html, requestID: Array("r1".utf8))
        #expect("\(written.contentType)" == "application/json")
        #expect(String(decoding: written.bytes, as: UTF8.self) == body)
        let lines = "WWW-Authenticate: Bearer realm=\"api\"\r\nVary: Accept\r\n"
        #expect(String(decoding: answer.headerLines, as: UTF8.self) == lines)
    }

    @Test func tokenRefusal_listsEveryTokenClass_andTheFirstType() throws {
        let classes =
            "AUTH_HEADER_TYPES: [JWT, Bearer], AUTH_TOKEN_CLASSES: "
            + "[rest_framework_simplejwt.tokens.AccessToken, rest_framework_simplejwt.tokens.SlidingToken]"
        let answer = try Self.answer(.tokenNotValid(TokenRejection(.expired)), classes)
        let body = String(decoding: answer.body(.json, requestID: []).bytes, as: UTF8.self)
        let messages =
            #""messages":[{"token_class":"AccessToken","token_type":"access","message":"Token is expired"},"#
            + #"{"token_class":"SlidingToken","token_type":"sliding","message":"Token is expired"}]}"#
        #expect(body.hasSuffix(messages))
        #expect(String(decoding: answer.headerLines, as: UTF8.self).hasPrefix("WWW-Authenticate: JWT realm"))
    }

    @Test(
        arguments: [
            (.badPath(.dotSegment), 400, "bad-path"), (.noRoute, 404, "no-route"),
            (.originNotAllowed, 403, "origin-not-allowed"),
            (.keysUnavailable, 503, "keys-unavailable"), (.tooManyFailures, 429, "too-many-failures"),
        ] as [(RejectionReason, Int, String)]
    )
    func otherRefusal_isAProblemDocument(reason: RejectionReason, status: Int, type: String) throws {
        let answer = try Self.answer(reason)
        let written = answer.body(.json, requestID: [])
        let body = String(decoding: written.bytes, as: UTF8.self)
        #expect(answer.status == status)
        #expect("\(written.contentType)" == "application/problem+json")
        #expect(body.hasPrefix(#"{"type":"urn:tollgate:problem:\#(type)","title":""#))
        #expect(body.hasSuffix(#"","status":\#(status)}"#))
        let retry =
            switch reason {
            case .keysUnavailable: "Retry-After: 5\r\n"
            case .tooManyFailures: "Retry-After: 1\r\n"
            default: ""
            }
        #expect(String(decoding: answer.headerLines, as: UTF8.self) == retry + "Vary: Accept\r\n")
    }

    @Test(
        arguments: [
            (.notAuthenticated, 4001, "authentication required"),
            (.tokenNotValid(TokenRejection(.expired)), 4001, "token expired"),
            (.tokenNotValid(TokenRejection(.badSignature)), 4001, "token invalid"),
            (.badAuthorizationHeader, 4001, "token invalid"),
            (.badSubprotocol, 4001, "token invalid"), (.duplicateTokens, 4001, "token invalid"),
            (.tooManyFailures, nil, ""),
            (.noUserIdentification(TokenRejection(.noUserID)), 4001, "token invalid"),
            (.forbidden, 4003, "forbidden"), (.keysUnavailable, 1013, "try again later"), (.originNotAllowed, nil, ""),
            (.noRoute, nil, ""), (.badPath(.backslash), nil, ""),
        ] as [(RejectionReason, UInt16?, String)]
    )
    func handshake_isRefusedByTheRoutesMode(reason: RejectionReason, code: UInt16?, text: String) throws {
        for mode in WebSocketRefusal.allCases {
            let gateway = try TestGateway(
                routes: "  - {path: '', upstream: chat, websocket: {refuse: \(mode.rawValue)}, auth: required}")
            let refusal = Refusal(route: gateway.policy.routes[0], reason: reason, logDetail: "")
            for hasOrigin in [true, false] {
                let closes = code != nil && (mode == .close || (mode == .auto && hasOrigin))
                switch delivery(of: refusal, hasOrigin: hasOrigin, isWebSocket: true) {
                case .acceptThenClose(let closeCode, let closeReason):
                    #expect(closes && closeCode == code && "\(closeReason)" == text)
                case .http(let status): #expect(!closes && status == reason.status)
                }
            }
            if case .acceptThenClose = delivery(of: refusal, hasOrigin: true, isWebSocket: false) {
                Issue.record("a plain request cannot be closed with a code")
            }
        }
    }

    @Test func labelsAndReasons_areShortAndPlain() {
        let reasons: [RejectionReason] =
            [
                .noRoute, .originNotAllowed, .notAuthenticated, .badAuthorizationHeader, .badSubprotocol,
                .duplicateTokens, .forbidden, .tooManyFailures, .keysUnavailable,
            ]
            + PathProblem.allCases.map { .badPath($0) }
            + TokenRejection.Reason.allCases.map { RejectionReason(TokenRejection($0)) }
        for reason in reasons {
            #expect("\(reason.metricLabel)".allSatisfy { $0.isLowercase || $0 == "_" })
            // RFC 6455 section 5.5: a close frame has room for 123 bytes of reason.
            if let close = reason.webSocketClose { #expect(close.reason.utf8CodeUnitCount <= 123) }
            #expect((400...599).contains(reason.status))
        }
    }
}
