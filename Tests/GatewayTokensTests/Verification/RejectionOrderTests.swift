import Testing

@testable import GatewayTokens

struct RejectionOrderTests {
    /// Every defect at once, in the order in which they are looked at; mending the first one uncovers the next.
    @Test func firstDefect_decides_inPyJWTsAndSimpleJWTsOrder() throws {
        let rules = try TokenRules.hs256 {
            $0.issuer = ["me"]
            $0.audience = ["chat"]
        }
        var claims: [(name: String, value: String?)] = [
            ("iat", "1750000001"), ("nbf", "1750000001"), ("exp", "1"), ("iss", nil), ("aud", nil), ("sub", "1"),
            ("jti", "1"), ("token_type", nil), ("user_id", nil),
        ]
        let mended: [(String, String?, TokenRejection.Reason)] = [
            ("iat", "1", .issuedInFuture), ("nbf", "1", .notYetValid), ("exp", nil, .expired),
            ("iss", #""me""#, .issuer),
            ("aud", #""chat""#, .audience), ("sub", #""x""#, .badSubject), ("jti", nil, .badID),
            ("exp", "1800000000", .noExpiry), ("jti", #""x""#, .noID), ("token_type", #""refresh""#, .noType),
            ("token_type", #""access""#, .wrongType), ("user_id", "null", .noUserID), ("user_id", "7", .badUserID),
        ]
        func token() -> String {
            let members = claims.compactMap { claim in claim.value.map { #""\#(claim.name)":\#($0)"# } }
            return Forge.token(payload: "{" + members.joined(separator: ",") + "}")
        }
        for (name, value, reason) in mended {
            #expect(judge(token(), rules) == .rejected(reason))
            let index = try #require(claims.firstIndex { $0.name == name })
            claims[index].value = value
        }
        #expect(judge(token(), rules) == Verdict.good)
    }

    @Test func signature_isCheckedBeforeThePayloadIsRead() throws {
        let token = Forge.token(payload: "not json").segments
        #expect(judge(token[0] + "." + token[1] + ".AAAA", try .hs256()) == .rejected(.badSignature))
        let expired = Forge.token(payload: Forge.payload(["exp": "1"])).segments
        #expect(judge(expired[0] + "." + expired[1] + ".AAAA", try .hs256()) == .rejected(.badSignature))
        let header = Forge.token(header: #"{"alg":"none","kid":1}"#).segments
        #expect(judge(header[0] + "." + header[1] + ".AAAA", try .hs256()) == .rejected(.badHeader))
    }

    @Test(arguments: TokenRejection.Reason.allCases)
    func answer_hasSimpleJWTsText(_ reason: TokenRejection.Reason) {
        let texts: [TokenRejection.Reason: String] = [
            .expired: "Token is expired", .noExpiry: "Token has no 'exp' claim", .noID: "Token has no id",
            .noType: "Token has no type", .wrongType: "Token has wrong type", .revoked: "Token is blacklisted",
        ]
        switch TokenRejection(reason).answer {
        case .tokenNotValid(let message):
            #expect(message.rawValue == texts[reason] ?? "Token is invalid")
            #expect(message.text.description == message.rawValue)
        case .noUserIdentification:
            #expect(reason == .noUserID || reason == .badUserID)
        }
        #expect(!reason.detail.description.isEmpty)
    }
}
