import Testing

@testable import GatewayPolicy

@Suite struct TokenCacheTests {
    private static func identity(_ user: String) -> VerifiedIdentity {
        VerifiedIdentity(
            userID: user, expiresAt: 0, leeway: 0, validFrom: 0, jti: nil, issuer: nil, issuedAt: nil,
            identityLines: Array("X-User-Id: \(user)\r\n".utf8), tokenLine: [])
    }

    private static func token(_ number: Int) -> [UInt8] {
        Array("header.payload-of-\(number).signature-\(number)".utf8)
    }

    @Test func token_isFound_afterItWasInserted() {
        var cache = TokenCache(entries: 16, bytes: 1 << 20)
        let token = Self.token(1)
        #expect(Self.user(&cache, token) == nil)
        cache.insert(token.span.bytes, Self.identity("1"))
        #expect(Self.user(&cache, token) == "1")
        // The same end, another beginning: same hash, not the same token.
        let long = Array(repeating: UInt8(ascii: "x"), count: 100)
        cache.insert((Array("a".utf8) + long).span.bytes, Self.identity("a"))
        #expect(Self.user(&cache, Array("b".utf8) + long) == nil)
        #expect(Self.user(&cache, Array("a".utf8) + long) == "a")
        cache.remove(token.span.bytes)
        #expect(Self.user(&cache, token) == nil)
    }

    @Test func token_isReplaced_whenInsertedAgain() {
        var cache = TokenCache(entries: 16, bytes: 1 << 20)
        cache.insert(Self.token(1).span.bytes, Self.identity("1"))
        let bytes = cache.bytes
        cache.insert(Self.token(1).span.bytes, Self.identity("2"))
        #expect(cache.count == 1)
        #expect(cache.bytes == bytes)
        #expect(Self.user(&cache, Self.token(1)) == "2")
    }

    @Test func entries_areBounded_andNeverMixedUp() {
        var cache = TokenCache(entries: 64, bytes: 1 << 20)
        for number in 0..<2000 {
            cache.insert(Self.token(number).span.bytes, Self.identity("\(number)"))
            #expect(cache.count <= 64)
            #expect(Self.user(&cache, Self.token(number)) == "\(number)")
        }
        var found = 0
        for number in 0..<2000 {
            guard let user = Self.user(&cache, Self.token(number)) else { continue }
            found += 1
            #expect(user == "\(number)")
        }
        #expect(found == cache.count)
        #expect(found > 32)
    }

    @Test func bytes_areBounded() {
        var cache = TokenCache(entries: 4096, bytes: 4096)
        for number in 0..<500 {
            cache.insert(Self.token(number).span.bytes, Self.identity("\(number)"))
            #expect(cache.bytes <= 4096)
            #expect(Self.user(&cache, Self.token(number)) == "\(number)")
        }
        #expect(cache.count > 5)
        let large = Array(repeating: UInt8(ascii: "a"), count: 5000)
        cache.insert(large.span.bytes, Self.identity("large"))
        #expect(Self.user(&cache, large) == nil)
    }

    @Test func bookkeeping_holds_inRandomOrder() {
        var generator = SeededGenerator(seed: 9)
        var cache = TokenCache(entries: 16, bytes: 3000)
        for _ in 0..<20_000 {
            let number = Int.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: cache.insert(Self.token(number).span.bytes, Self.identity("\(number)"))
            case 1: cache.remove(Self.token(number).span.bytes)
            default:
                if let user = Self.user(&cache, Self.token(number)) { #expect(user == "\(number)") }
            }
            #expect(cache.bytes <= 3000 && cache.bytes >= 0 && cache.count <= 16 && cache.count >= 0)
        }
        for number in 0..<40 { cache.remove(Self.token(number).span.bytes) }
        #expect(cache.bytes == 0)
        #expect(cache.count == 0)
    }

    // MARK: Assertions

    private static func assertion(_ audience: Int, _ captures: String = "", length: Int = 100) -> Assertion {
        Assertion(
            audience: audience, captureLines: Array(captures.utf8), line: Array(repeating: 0x61, count: length),
            issuedAt: 0, expiresAt: 30, lifetime: 30)
    }

    @Test func assertion_isOfTheTokenFoundLast_andGoesWithIt() throws {
        var cache = TokenCache(entries: 16, bytes: 1 << 20)
        let (one, two) = (Self.token(1), Self.token(2))
        cache.insert(one.span.bytes, Self.identity("1"))
        let found = cache.find(one.span.bytes)
        let first = try #require(found)
        let bytes = cache.bytes
        cache.keep(Self.assertion(0), about: first)
        cache.keep(Self.assertion(0, "X-A: 1"), about: first)
        cache.keep(Self.assertion(1), about: first)
        #expect(cache.assertion(about: first, 0, []) != nil && cache.assertion(about: first, 1, []) != nil)
        #expect(cache.assertion(about: first, 0, Array("X-A: 1".utf8)) != nil)
        #expect(cache.assertion(about: first, 2, []) == nil && cache.assertion(about: first, 1, [0x61]) == nil)
        cache.insert(two.span.bytes, Self.identity("2"))
        #expect(cache.assertion(about: first, 0, []) == nil)
        let other = cache.find(two.span.bytes)
        let second = try #require(other)
        #expect(cache.assertion(about: second, 0, []) == nil)
        cache.keep(Self.assertion(0), about: first)
        #expect(cache.assertion(about: second, 0, []) == nil)
        _ = cache.find(one.span.bytes)
        #expect(cache.assertion(about: first, 0, []) != nil)
        // Nobody keeps more than four.
        for number in 10..<30 { cache.keep(Self.assertion(number), about: first) }
        #expect((0..<40).filter { cache.assertion(about: first, $0, []) != nil } == [26, 27, 28, 29])
        cache.insert(one.span.bytes, Self.identity("1"))
        cache.remove(two.span.bytes)
        #expect(cache.bytes == bytes)
        #expect(cache.assertion(about: first, 29, []) == nil)
    }

    @Test func bookkeeping_holds_withAssertions() {
        var generator = SeededGenerator(seed: 10)
        var cache = TokenCache(entries: 16, bytes: 4000)
        for _ in 0..<20_000 {
            let number = Int.random(in: 0..<40, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: cache.insert(Self.token(number).span.bytes, Self.identity("\(number)"))
            case 1: cache.remove(Self.token(number).span.bytes)
            default:
                guard let identity = cache.find(Self.token(number).span.bytes) else { continue }
                let audience = Int.random(in: 0..<6, using: &generator)
                let length = Int.random(in: 0..<3500, using: &generator)
                cache.keep(Self.assertion(audience, "\(number)", length: length), about: identity)
                let kept = cache.assertion(about: identity, audience, Array("\(number)".utf8))
                #expect(kept == nil || kept?.lines.count == length + "\(number)".utf8.count)
            }
            #expect(cache.bytes <= 4000 && cache.bytes >= 0 && cache.count <= 16 && cache.count >= 0)
        }
        for number in 0..<40 { cache.remove(Self.token(number).span.bytes) }
        #expect(cache.bytes == 0)
    }

    private static func user(_ cache: inout TokenCache, _ token: [UInt8]) -> String? {
        cache.find(token.span.bytes)?.userID
    }
}
