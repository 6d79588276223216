import GatewayMessage
import GatewaySettings
import Testing

@testable import GatewayPolicy

@Suite struct OwnedHeadersTests {
    private static func kept(_ lines: [String], _ owned: OwnedHeaders) -> [String] {
        var request = TestRequest("/", lines)
        let block = request.block
        owned.drop(from: &request.head, bytes: block.span.bytes)
        return request.keptLines
    }

    private static let owned = OwnedHeaders(adding: ["X-Tenant-Id"], except: "authorization")

    @Test(arguments: [
        "X-Tenant-Id", "x-tenant-id", "X-TENANT-ID", "X_Tenant_Id", "x-tenant_id", "X.Tenant.Id", "x!tenant~id",
        "Remote-User", "REMOTE_USER", "remote.user", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Access-Token",
        "X-Auth-Request-Email", "X-WebAuth-User", "X-Pomerium-Jwt-Assertion", "X-Consumer-Username",
        "X-Credential-Identifier",
        "X-Anonymous-Consumer", "Daphne-Root-Path", "daphne_root_path", "X-Forwarded-For", "X-Forwarded-Proto",
        "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded", "X-Forwarded-Uri",
        "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Method", "X-Accel-Redirect", "Proxy", "X-User-Id",
        "X-User-Name",
    ])
    func field_isDropped_whenAServerCouldTakeItForOurs(name: String) {
        #expect(Self.kept(["\(name): evil", "Accept: a"], Self.owned) == ["Accept: a"])
    }

    @Test(arguments: [
        "Accept", "Authorization", "X-Tenant-Ids", "X-Tenant", "X-Requested-With", "X-CSRFToken", "X-Auth-Token",
        "Cookie",
        "X-User-Idea", "Forwarded-For", "XTenantId", "User-Agent",
    ])
    func field_stays_whenItIsNotOurs(name: String) { #expect(Self.kept(["\(name): x"], Self.owned) == ["\(name): x"]) }

    @Test func tokenHeader_isNotOwned_evenWhenItsNameIsOnTheList() {
        let owned = OwnedHeaders(adding: [], except: "x-forwarded-access-token")
        #expect(Self.kept(["X-Forwarded-Access-Token: Bearer x"], owned).count == 1)
        #expect(!owned.names.contains("x-forwarded-access-token"))
    }

    @Test func names_areListedForCheck() {
        #expect(Self.owned.names.contains("x-tenant-id"))
        #expect(Self.owned.names == Self.owned.names.sorted())
        #expect(Set(Self.owned.names).count == Self.owned.names.count)
        #expect(!OwnedHeaders.fixedNames.contains { $0.contains("*") || $0.contains("_") || $0 != $0.lowercased() })
    }

    /// Whatever differs only in case and punctuation must be found.
    @Test func everyName_isFound_inRandomSpellings() {
        var generator = SeededGenerator(seed: 2)
        for name in Self.owned.names {
            let spelling = String(
                name.map { character -> Character in
                    if character == "-" { return "-.!~^"[Int.random(in: 0..<5, using: &generator)] }
                    return Bool.random(using: &generator) ? Character(character.uppercased()) : character
                })
            #expect(Self.kept(["\(spelling): x"], Self.owned).isEmpty, "\(spelling)")
        }
    }
}

extension String {
    fileprivate subscript(_ offset: Int) -> Character { self[self.index(self.startIndex, offsetBy: offset)] }

    @Test func assertion_isOwned() throws {
        let header = Located<String>.here("X-My-Assertion")
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat, auth: none}") {
            $0.assertion = AssertionSettings(
                header: header, signingKey: Located(Secret("s"), at: header.location), algorithm: .here("HS256"))
        }
        var request = TestRequest("/a/", ["X-My-Assertion: forged", "x_my_assertion: forged", "X-Other: y"])
        #expect(gateway.outcome(&request) == "anonymous" && request.keptLines == ["X-Other: y"])
    }
}
