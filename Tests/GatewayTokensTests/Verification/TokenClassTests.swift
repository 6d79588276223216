import Testing

@testable import GatewayTokens

struct TokenClassTests {
    private let access = TokenClass(name: "AccessToken", type: "access")
    private let sliding = TokenClass(name: "SlidingToken", type: "sliding")
    private let untyped = TokenClass(name: "UntypedToken", type: nil)

    private func outcome(
        _ type: String?,
        _ classes: [TokenClass],
        typeClaim: String? = "token_type"
    ) throws -> Outcome {
        let rules = try TokenRules.hs256 {
            $0.tokenClasses = classes
            $0.typeClaim = typeClaim
        }
        return judge(Forge.token(payload: Forge.payload(["token_type": type])), rules)
    }

    @Test func type_isAccepted_whenAnyClassHasIt() throws {
        #expect(try self.outcome(#""sliding""#, [self.access, self.sliding]) == Verdict.good)
        #expect(try self.outcome(#""refresh""#, [self.access, self.sliding]) == .rejected(.wrongType))
        #expect(try self.outcome(nil, [self.access, self.sliding]) == .rejected(.noType))
    }

    @Test func type_isNotLookedAt_withAnUntypedClass() throws {
        #expect(try self.outcome(#""refresh""#, [self.access, self.untyped]) == Verdict.good)
        #expect(try self.outcome(nil, [self.untyped]) == Verdict.good)
        #expect(self.untyped.typeName == "untyped" && self.access.typeName == "access")
    }

    @Test func type_isNotLookedAt_withoutATypeClaim() throws {
        #expect(try self.outcome(#""refresh""#, [self.access], typeClaim: nil) == Verdict.good)
        #expect(try self.outcome(nil, [self.access], typeClaim: "kind") == .rejected(.noType))
    }

    @Test func everyToken_isRefused_withoutAClass() throws {
        #expect(try self.outcome(#""access""#, []) == .rejected(.wrongType))
        #expect(try self.outcome(#""access""#, [], typeClaim: nil) == .rejected(.wrongType))
    }

    @Test(
        arguments: [
            ("id", #""abc""#, .accepted(user: "7")), ("id", "15", .accepted(user: "7")),
            ("id", "1.5", .rejected(.badID)), ("id", "null", .rejected(.badID)), ("id", "[]", .rejected(.badID)),
            ("other", "1", .rejected(.noID)), (nil, "[]", .accepted(user: "7")),
        ] as [(String?, String, Outcome)]
    )
    func renamedID_mustBeThere_asTextOrInteger(_ claim: String?, _ value: String, _ expected: Outcome) throws {
        let rules = try TokenRules.hs256 { $0.jtiClaim = claim }
        #expect(judge(Forge.token(payload: Forge.payload(["jti": nil, "id": value])), rules) == expected)
    }

    @Test func renamedUserClaim_isUsed() throws {
        let rules = try TokenRules.hs256 { $0.userIDClaim = "sub" }
        #expect(judge(Forge.token(payload: Forge.payload(["sub": #""alice""#])), rules) == .accepted(user: "alice"))
        #expect(judge(Forge.token(), rules) == .rejected(.noUserID))
        // A dot is part of the name here, as it is in the backend.
        let dotted = try TokenRules.hs256 { $0.userIDClaim = "user.id" }
        #expect(judge(Forge.token(payload: Forge.payload(["user": #"{"id":1}"#])), dotted) == .rejected(.noUserID))
    }
}
