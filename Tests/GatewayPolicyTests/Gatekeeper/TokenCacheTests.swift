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

    private static func user(_ cache: inout TokenCache, _ token: [UInt8]) -> String? {
        cache.find(token.span.bytes)?.userID
    }
}
