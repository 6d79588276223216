import GatewayPolicy
import GatewayTokens
import Testing

/// Tokens that differ a little from one that is known already: the cache must not take them for it.
@Suite struct MutatedTokenTests {
    private static func mutate(_ token: String, _ generator: inout SeededGenerator) -> String {
        var bytes = Array(token.utf8)
        let alphabet = Array("ABCDEFGHabcdefgh0123456789-_.=+/%".utf8)
        for _ in 0..<Int.random(in: 1...2, using: &generator) {
            // Most often in the signature, which is what the cache hashes.
            let start = Bool.random(using: &generator) ? 0 : max(0, bytes.count - 44)
            let index = Int.random(in: start..<bytes.count, using: &generator)
            let byte = alphabet.randomElement(using: &generator) ?? 0x41
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[index] = byte
            case 1: bytes.insert(byte, at: index)
            case 2: bytes.remove(at: index)
            case 3: bytes.swapAt(index, Int.random(in: start..<bytes.count, using: &generator))
            default: bytes.append(contentsOf: bytes[index...])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func changedToken_isRefused_whileTheOriginalIsKnown() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat, tokens: {sources: [header, query]}}")
        var generator = SeededGenerator(seed: 0xCA5E)
        let users = ["7", "8", "9"]
        let tokens = try users.map { try TestGateway.token(user: $0) }
        func outcome(_ token: String, _ isInQuery: Bool) -> String {
            var request =
                isInQuery
                ? TestRequest("/a/?token=\(token)", []) : TestRequest("/a/", ["Authorization: Bearer \(token)"])
            return gateway.outcome(&request)
        }
        for round in 0..<6000 {
            let index = Int.random(in: 0..<tokens.count, using: &generator)
            if round % 50 == 0 { #expect(outcome(tokens[index], false) == "user \(users[index])") }
            let changed = Self.mutate(tokens[index], &generator)
            if changed == tokens[index] { continue }
            let result = outcome(changed, Bool.random(using: &generator))
            #expect(result.hasPrefix("401 "), "\(changed): \(result)")
        }
        for (token, user) in zip(tokens, users) { #expect(outcome(token, true) == "user \(user)") }
    }

    /// Each token under the signature of each other one, over and over.
    @Test func signature_isOfItsOwnToken_whateverIsKnown() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}")
        let parts = try (0..<12).map { try TestGateway.token(user: "\($0)").split(separator: ".").map(String.init) }
        for _ in 0..<3 {
            for (body, signed) in parts.enumerated() {
                for (index, signature) in parts.enumerated() {
                    let token = [signed[0], signed[1], signature[2]].joined(separator: ".")
                    var request = TestRequest("/a/", ["Authorization: Bearer \(token)"])
                    #expect(gateway.outcome(&request) == (index == body ? "user \(body)" : "401 signature"))
                }
            }
        }
    }

    /// 250 tokens in a cache of 64 entries: whoever leaves it and comes back is still the same user.
    @Test func user_isTheTokensOwn_howeverFullTheCacheIs() throws {
        let gateway = try TestGateway(routes: "  - {path: 'a/', upstream: chat}")
        let small = Gatekeeper(policy: gateway.policy, cacheEntries: 64, cacheBytes: 64 << 10)
        var generator = SeededGenerator(seed: 11)
        let tokens = try (0..<250).map { try TestGateway.token(user: "u\($0)") }
        for _ in 0..<4000 {
            let index = Int.random(in: 0..<tokens.count, using: &generator)
            let token = Array(tokens[index].utf8)
            let identity = small.identity(ofToken: token.span.bytes, now: TestGateway.now)
            #expect(identity?.userID == "u\(index)")
        }
        #expect(small.takeCounts().cacheHits > 100)
    }
}
